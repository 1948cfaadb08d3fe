"""Operators that choose among the elements along an axis."""

from __future__ import annotations

from onnx2luau.compiler.ir.builder import Builder
from onnx2luau.compiler.ir.ops.top_k import TopK
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.axes import axis_of
from onnx2luau.frontends.onnx.registry import onnx_op


@onnx_op("TopK")
def top_k(
    b: Builder,
    x: Value,
    k: tuple[int, ...],
    *,
    axis: int = -1,
    largest: bool = True,
    sorted: bool = True,  # noqa: A002 - ONNX calls it so
) -> tuple[Value, ...]:
    """The k largest or smallest elements along an axis in order, and their places."""
    if len(k) != 1:
        raise ValueError(f"k is one number, not {list(k)}")
    if not sorted and k[0] > 1:
        raise ValueError("an order of its own (sorted = 0) is not supported; export it with sorted = 1")
    return b.add_all(TopK(x, k[0], axis_of(axis, x.type.rank), largest))
