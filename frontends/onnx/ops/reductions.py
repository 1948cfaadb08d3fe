"""Reductions along axes."""

from __future__ import annotations

from onnx2luau.compiler.ir.builder import Builder
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.axes import axes_of
from onnx2luau.frontends.onnx.registry import onnx_op


def _reduction(operator: str, kind: str, meaning: str) -> None:
    def importer(
        b: Builder, x: Value, axes: Array | None = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0
    ) -> Value:
        return _reduce(b, kind, x, axes, keepdims, noop_with_empty_axes)

    importer.__doc__ = meaning
    onnx_op(operator)(importer)


def _reduce(
    b: Builder, kind: str, x: Value, axes: Array | None, keepdims: int, noop_with_empty_axes: int
) -> Value:
    if axes is None or axes.size == 0:
        chosen = () if noop_with_empty_axes else tuple(range(x.type.rank))
    else:
        chosen = axes_of(axes, x.type.rank)
    return b.reduce(kind, x, chosen, keep=bool(keepdims))


for _operator, _kind, _meaning in (
    ("ReduceSum", "sum", "Sum along axes."),
    ("ReduceMean", "mean", "Mean along axes."),
    ("ReduceProd", "prod", "Product along axes."),
    ("ReduceMax", "max", "Maximum along axes."),
    ("ReduceMin", "min", "Minimum along axes."),
):
    _reduction(_operator, _kind, _meaning)
