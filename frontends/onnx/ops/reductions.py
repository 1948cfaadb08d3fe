"""Reductions along axes."""

from __future__ import annotations

import math

from onnx2luau.compiler.ir.builder import Builder
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.axes import axes_of
from onnx2luau.frontends.onnx.registry import onnx_op

Axes = tuple[int, ...] | None


def _reduction(operator: str, kind: str, meaning: str) -> None:
    def importer(
        b: Builder,
        x: Value,
        axes: tuple[int, ...] | None = None,
        *,
        keepdims: bool = True,
        noop_with_empty_axes: bool = False,
    ) -> Value:
        return _reduce(b, kind, x, axes, keepdims, noop_with_empty_axes)

    importer.__doc__ = meaning
    onnx_op(operator)(importer)


def _reduce(b: Builder, kind: str, x: Value, axes: Axes, keepdims: bool, noop_with_empty_axes: bool) -> Value:
    return b.reduce(kind, x, _chosen(x, axes, noop_with_empty_axes), keep=keepdims)


def _chosen(x: Value, axes: Axes, noop_with_empty_axes: bool) -> tuple[int, ...]:
    if not axes:
        return () if noop_with_empty_axes else tuple(range(x.type.rank))
    return axes_of(axes, x.type.rank)


@onnx_op("ReduceLogSumExp")
def reduce_log_sum_exp(
    b: Builder,
    x: Value,
    axes: tuple[int, ...] | None = None,
    *,
    keepdims: bool = True,
    noop_with_empty_axes: bool = False,
) -> Value:
    """Logarithm of the sum of e^x along axes, the largest x taken out so that nothing overflows."""
    chosen = _chosen(x, axes, noop_with_empty_axes)
    largest = b.reduce("max", x, chosen)
    # An infinity less itself is NaN.
    shift = b.where(b.apply("abs", largest) < math.inf, largest, 0.0)
    result = b.apply("log", b.reduce("sum", b.apply("exp", x - shift), chosen)) + shift
    if keepdims:
        return result
    return b.reshape(result, [extent for axis, extent in enumerate(result.shape) if axis not in chosen])


for _operator, _kind, _meaning in (
    ("ReduceSum", "sum", "Sum along axes."),
    ("ReduceMean", "mean", "Mean along axes."),
    ("ReduceProd", "prod", "Product along axes."),
    ("ReduceMax", "max", "Maximum along axes."),
    ("ReduceMin", "min", "Minimum along axes."),
):
    _reduction(_operator, _kind, _meaning)
