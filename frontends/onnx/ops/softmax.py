"""Softmax and LogSoftmax; the form before opset 13, which flattens, is rewritten when opsets are raised."""

from __future__ import annotations

from onnx2luau.compiler.ir.builder import Builder
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.axes import axis_of
from onnx2luau.frontends.onnx.registry import onnx_op


@onnx_op("Softmax")
def softmax(b: Builder, x: Value, *, axis: int = -1) -> Value:
    """e^x over its sum along an axis."""
    return b.softmax(x, axis_of(axis, x.type.rank))


@onnx_op("LogSoftmax")
def log_softmax(b: Builder, x: Value, *, axis: int = -1) -> Value:
    """The logarithm of softmax."""
    return b.softmax(x, axis_of(axis, x.type.rank), log=True)
