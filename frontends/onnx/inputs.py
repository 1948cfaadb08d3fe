"""The type of a model's input, with a batch of 1."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

import onnx

from onnx2luau.compiler.errors import ModelError, UsageError
from onnx2luau.compiler.ir.limits import HIGHEST_RANK
from onnx2luau.compiler.ir.types import DType, TensorType
from onnx2luau.frontends.onnx.elements import element_name, element_type


def input_type(port: onnx.ValueInfoProto, model: str, dims: Mapping[str, int]) -> TensorType:
    """Return the static type of an input; ModelError names the dimension or element type that prevents it.

    The first dimension may be open: it is the batch, and becomes 1. Others are taken from `dims` by name.
    """
    tensor = port.type.tensor_type
    if port.type.WhichOneof("value") != "tensor_type" or not tensor.HasField("shape"):
        raise ModelError(f"{model}: the input {port.name!r} is not a tensor of known rank")
    if len(tensor.shape.dim) > HIGHEST_RANK:
        raise ModelError(f"{model}: the input {port.name!r} has more than {HIGHEST_RANK} axes")
    shape = []
    for axis, dim in enumerate(tensor.shape.dim):
        if dim.HasField("dim_value"):
            extent = dim.dim_value
        elif f"{port.name}:{axis}" in dims:
            extent = dims[f"{port.name}:{axis}"]
        elif dim.dim_param in dims:
            extent = dims[dim.dim_param]
        elif axis == 0:
            extent = 1
        else:
            option = shlex.quote(f"{dim.dim_param or f'{port.name}:{axis}'}=SIZE")
            raise ModelError(
                f"{model}: the input {port.name!r} has an open dimension {dim.dim_param or '?'!r} at axis "
                f"{axis}; only the batch may be open, fix this one with --dim {option}"
            )
        if extent < 1:
            raise ModelError(f"{model}: the input {port.name!r} has an extent of {extent} at axis {axis}")
        shape.append(extent)
    return TensorType(_dtype(tensor.elem_type, port.name, model), tuple(shape))


def check_dims(model: onnx.ModelProto, name: str, dims: Mapping[str, int]) -> None:
    """Raise UsageError for a name in `dims` that no open dimension has; it says which there are."""
    weights = {tensor.name for tensor in model.graph.initializer}
    open_ones = {
        known: None
        for port in model.graph.input
        if port.name not in weights
        for axis, dim in enumerate(port.type.tensor_type.shape.dim)
        if not dim.HasField("dim_value")
        for known in (dim.dim_param, f"{port.name}:{axis}")
        if known
    }
    for wanted in dims:
        if wanted not in open_ones:
            there_are = f"there are {', '.join(map(repr, open_ones))}" if open_ones else "there are none"
            raise UsageError(f"{name}: there is no open dimension {wanted!r} for --dim; {there_are}")


def _dtype(code: int, name: str, model: str) -> DType:
    dtype = element_type(code)
    if dtype is None:
        raise ModelError(
            f"{model}: the input {name!r} is {element_name(code)}, which is not supported; "
            "use float32, int32, int64 or bool"
        )
    return dtype


def count_ports(model: onnx.ModelProto) -> int:
    """Return how many inputs and outputs a model has; weights may be listed as inputs too."""
    weights = {tensor.name for tensor in model.graph.initializer}
    return sum(port.name not in weights for port in model.graph.input) + len(model.graph.output)
