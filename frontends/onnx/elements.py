"""ONNX's element types by their codes, which may be any number in a file."""

from __future__ import annotations

import onnx

from onnx2luau.compiler.ir.types import DType

_TYPES: dict[int, DType] = {
    onnx.TensorProto.FLOAT: DType.F32,
    onnx.TensorProto.INT32: DType.I32,
    onnx.TensorProto.INT64: DType.I64,
    onnx.TensorProto.BOOL: DType.BOOL,
}


def element_type(code: int) -> DType | None:
    """Return the type that tensors of this code have while a network runs, if they are supported."""
    return _TYPES.get(code)


def element_name(code: int) -> str:
    """Return what people call an element type."""
    if code not in onnx.TensorProto.DataType.values():
        return f"{code}, which ONNX does not have"
    name = onnx.TensorProto.DataType.Name(code).lower()
    return "float64" if name == "double" else name
