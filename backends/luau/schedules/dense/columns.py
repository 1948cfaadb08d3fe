"""Sparse columns: the loop runs over the inputs that are not zero, four of them a pass over the sums.

Golden kernels: dense_columns.
"""

from __future__ import annotations

from functools import partial

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.program import WIDTH, Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import plus
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index
from onnx2luau.backends.luau.tiling.live import Constants, dense_constants
from onnx2luau.backends.luau.tiling.sums import TOGETHER, LiveColumns, cost_around, emit_sums
from onnx2luau.compiler.ir.ops.dense import Dense


def match(op: Dense, site: Site) -> Match | None:
    """A vector of a live column is a load and two operations; the sums are read and written once a pass."""
    known = dense_constants(op, site)
    if known is None:
        return None
    each = site.each
    outputs, inputs = known.outputs, known.inputs
    vectors = -(-outputs // WIDTH)
    a_pass = vectors * (2 * each.load + each.loop + TOGETHER * (each.load + 2 * each.arithmetic))
    cost = op.x.type.size / inputs * (cost_around(op, site) + site.density * inputs / TOGETHER * a_pass)
    return Match(cost, partial(_emit, op, known), by_element=True)


def _emit(op: Dense, known: Constants, f: KernelFunction) -> None:
    """Write the three loops: collect, accumulate, finish."""
    emit_sums(op, known, f, _accumulate)


def _accumulate(f: KernelFunction, live: LiveColumns) -> None:
    with f.loop("first", 1, live.count, TOGETHER) as first:
        places = [plus(first, offset) for offset in range(TOGETHER)]
        chosen = f.locals("c", [Index(live.columns, place) for place in places])
        factors = f.locals("v", [Index(live.values, place) for place in places])
        with f.loop("k", 1, live.vectors) as k:
            # Without its type, a vector is handled four times slower in native code.
            parts = [f.local("w", Index(column, k), "vector") for column in chosen]
            total: Expression = f.local("sum", Index(live.sums, k), "vector")
            for part, factor in zip(parts, factors, strict=True):
                total = Binary("+", total, Binary("*", part, factor))
            f.assign(Index(live.sums, k), total)
