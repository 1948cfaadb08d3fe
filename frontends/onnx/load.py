"""Reads an ONNX file: whole, well formed, of known operators, at the opset the importer knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import onnx
import onnx.inliner
from google.protobuf.message import DecodeError
from onnx import version_converter

from onnx2luau.compiler.errors import ModelError
from onnx2luau.frontends.onnx.inputs import input_type
from onnx2luau.frontends.onnx.registry import OPSET, find
from onnx2luau.frontends.onnx.unsupported import unsupported

STANDARD = ("", "ai.onnx")
OLDEST = 7
"""Before it, operators had their own rules of broadcasting; ONNX Runtime does not promise to run those."""


def load_model(path: Path) -> onnx.ModelProto:
    """Read a model with its external data; ModelError says why a file is none."""
    try:
        model = onnx.load(path)
    except (DecodeError, UnicodeDecodeError):
        raise ModelError(f"{path} is not an ONNX model, or it is cut short: it can't be decoded") from None
    except onnx.checker.ValidationError as error:
        raise ModelError(f"{path}: its external data can't be used: {first_line(error)}") from None
    except OSError as error:
        reason = error.strerror or first_line(error)
        raise ModelError(f"{path} can't be read: {reason}: {error.filename or path}") from None
    if not model.HasField("graph") or not model.opset_import:
        raise ModelError(f"{path} is not an ONNX model: it has no graph")
    return model


def normalize(model: onnx.ModelProto, name: str, dims: Mapping[str, int]) -> onnx.ModelProto:
    """Return the model with its own functions inlined and at least at OPSET; `name` is for messages.

    `dims` fixes open dimensions by name. ModelError names an unknown operator, or the rule of ONNX that the
    model breaks.
    """
    if not model.graph.node:
        raise ModelError(f"{name}: the graph is empty: it has no nodes, so there is nothing to compile")
    if model.functions:
        model = onnx.inliner.inline_local_functions(model)
    for node in _nodes(model.graph):
        if not _is_known(node):
            raise unsupported(node, name)
    _check(model, name)
    version = next((o.version for o in model.opset_import if o.domain in STANDARD), OPSET)
    if version >= OPSET:
        return model
    if version < OLDEST:
        raise ModelError(f"{name} is of opset {version}; the oldest that is supported is {OLDEST}")
    try:
        return version_converter.convert_version(_with_shapes(model, name, dims), OPSET)
    except (RuntimeError, onnx.version_converter.ConvertError) as error:
        raise ModelError(
            f"{name}: onnx can't raise this model from opset {version} to {OPSET}: {first_line(error)}; "
            "export it at a newer opset"
        ) from None


def _check(model: onnx.ModelProto, name: str) -> None:
    # The checker insists on types of outputs that neither ONNX Runtime nor the importer needs.
    vague = [port for port in model.graph.output if not port.type.tensor_type.HasField("shape")]
    before = [onnx.ValueInfoProto.FromString(port.SerializeToString()) for port in vague]
    for port in vague:
        if port.type.WhichOneof("value") in (None, "tensor_type"):
            port.type.tensor_type.shape.SetInParent()
            port.type.tensor_type.elem_type = port.type.tensor_type.elem_type or onnx.TensorProto.FLOAT
    try:
        onnx.checker.check_model(model)
    except (onnx.checker.ValidationError, ValueError) as error:
        raise ModelError(f"{name} is not a valid ONNX model: {first_line(error)}") from None
    finally:
        for port, original in zip(vague, before, strict=True):
            port.CopyFrom(original)


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
    return onnx.shape_inference.infer_shapes(fixed, data_prop=True)


def first_line(error: Exception) -> str:
    """Return the part of a library's message that is a sentence."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__


def _nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                yield from _nodes(attribute.g)


def _is_known(node: onnx.NodeProto) -> bool:
    if find(node.domain, node.op_type) is not None:
        return True
    return node.domain in STANDARD and onnx.defs.has(node.op_type)
