"""Reads an ONNX file: whole, well formed, of known operators, at the opset the importer knows."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx import version_converter

from onnx2luau.compiler.errors import ModelError
from onnx2luau.frontends.onnx.checker import STANDARD, check_model
from onnx2luau.frontends.onnx.equations import check_equations
from onnx2luau.frontends.onnx.external import is_lfs_pointer, load_external
from onnx2luau.frontends.onnx.functions import inline_functions
from onnx2luau.frontends.onnx.inputs import input_type
from onnx2luau.frontends.onnx.library import asking_onnx
from onnx2luau.frontends.onnx.registry import OPSET, find
from onnx2luau.frontends.onnx.selection import reads, with_way_around
from onnx2luau.frontends.onnx.unsupported import unsupported
from onnx2luau.frontends.onnx.walk import check_text, nodes, nodes_of

OLDEST = 7
"""Before it, operators had their own rules of broadcasting; ONNX Runtime does not promise to run those."""
EXPLICIT_TRAINING = 14
"""Before it, ONNX Runtime trains a batch normalisation that has more than one output."""
MEANT_MASKS = 12
"""Before it, what is in the mask of a Dropout that drops nothing was left open."""
LONGEST_SHAPE = 2**16
LARGEST_FILE = 2**31 - 1
"""Protocol buffers are no larger; larger models keep their weights in files beside them."""


def load_model(path: Path) -> onnx.ModelProto:
    """Read a model with its external data; ModelError says why a file is none."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise ModelError(f"{path} is not a file; give the .onnx file of the model")
        if found.st_size > LARGEST_FILE:
            raise ModelError(
                f"{path} is larger than 2 GB, which no ONNX file can be; save the weights as external data"
            )
        if found.st_size == 0:
            raise ModelError(f"{path} is empty; export or download the model again")
        if is_lfs_pointer(path):
            raise ModelError(f"{path} is a Git LFS pointer instead of the model; run `git lfs pull`")
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} can't be read: {error.strerror}") from None
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except (DecodeError, UnicodeDecodeError):
        raise ModelError(f"{path} is not an ONNX model, or it is cut short: it can't be decoded") from None
    check_text(model, str(path))
    if not model.HasField("graph") or not model.opset_import:
        raise ModelError(f"{path} is not an ONNX model: it has no graph")
    load_external(model, path)
    return model


def normalize(model: onnx.ModelProto, name: str, dims: Mapping[str, int]) -> onnx.ModelProto:
    """Return the model with its own functions inlined and at least at OPSET; `name` is for messages.

    `dims` fixes open dimensions by name. ModelError names an unknown operator, or the rule of ONNX that the
    model breaks.
    """
    check_text(model, name)
    if not model.graph.node:
        raise ModelError(f"{name}: the graph is empty: it has no nodes, so there is nothing to compile")
    for function in model.functions:
        check_equations((inner for node in function.node for inner in nodes_of(node)), name)
    check_equations(nodes(model.graph), name)
    model = inline_functions(model, name)
    for node in model.graph.node:
        for inner in nodes_of(node):
            if not _is_known(inner):
                raise with_way_around(unsupported(inner, name), model.graph, node)
    check_model(model, name)
    version = next((o.version for o in model.opset_import if o.domain in STANDARD), OPSET)
    if version >= OPSET:
        return model
    if version < OLDEST:
        raise ModelError(f"{name} is of opset {version}; the oldest that is supported is {OLDEST}")
    read = {port.name for port in model.graph.output}.union(*map(reads, model.graph.node))
    for node in model.graph.node:
        if any(True for inner in nodes_of(node) if inner is not node):
            raise unsupported(node, name, f"onnx can't raise graphs in nodes from opset {version} to {OPSET}")
        if version < EXPLICIT_TRAINING and node.op_type == "BatchNormalization" and len(node.output) > 1:
            raise unsupported(node, name, "its outputs are those of training; export the model for inference")
        if version < MEANT_MASKS and node.op_type == "Dropout" and not read.isdisjoint(node.output[1:]):
            raise unsupported(node, name, f"its mask means nothing before opset {MEANT_MASKS}")
    with asking_onnx(
        f"{name}: onnx can't raise this model from opset {version} to {OPSET}", "export it at a newer opset"
    ):
        return version_converter.convert_version(_with_shapes(model, name, dims), OPSET)


def _with_shapes(model: onnx.ModelProto, name: str, dims: Mapping[str, int]) -> onnx.ModelProto:
    """Return a copy with every shape that can be known: some operators can't be raised without."""
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    weights = {tensor.name for tensor in fixed.graph.initializer}
    for port in fixed.graph.input:
        if port.name not in weights:
            for dim, extent in zip(
                port.type.tensor_type.shape.dim, input_type(port, name, dims).shape, strict=True
            ):
                dim.dim_value = extent
    ports = [port.type.tensor_type.shape.dim for port in fixed.graph.input]
    lists = [[dim.dim_value for dim in shape] for shape in ports]
    lists += [list(tensor.dims) for tensor in fixed.graph.initializer]
    # The library would keep a number for each element of any list, though only those of shapes matter.
    is_short = all(extents[0] <= LONGEST_SHAPE for extents in lists if len(extents) == 1)
    with asking_onnx(f"{name}: onnx can't infer the shapes in this model"):
        return onnx.shape_inference.infer_shapes(fixed, data_prop=is_short)


def _is_known(node: onnx.NodeProto) -> bool:
    if find(node.domain, node.op_type) is not None:
        return True
    return node.domain in STANDARD and onnx.defs.has(node.op_type)
