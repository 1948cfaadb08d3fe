"""Sparse columns: the loop runs over the inputs that are not zero, four of them a pass over the sums.

Golden kernels: dense_columns.
"""

from __future__ import annotations

from onnx2luau.backends.luau.emit.kernel import Kernel
from onnx2luau.backends.luau.instruction_costs import COSTS
from onnx2luau.backends.luau.plan.workspace import WIDTH
from onnx2luau.backends.luau.schedules.live import has_finite_constants
from onnx2luau.backends.luau.schedules.sums import TOGETHER, LiveColumns, cost_around, emit_sums
from onnx2luau.backends.luau.syntax.arithmetic import plus
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index
from onnx2luau.compiler.ir.ops.dense import Dense

LANES = True


def applies(op: Dense, f: Kernel) -> bool:
    """Whether all weights are finite: an infinite one times a skipped zero would be NaN."""
    return has_finite_constants(op, f)


def cost(op: Dense, f: Kernel) -> float:
    """A vector of a live column is a load and two operations; the sums are read and written once a pass."""
    each = COSTS[f.options.target]
    outputs, inputs = op.weight.shape
    vectors = -(-outputs // WIDTH)
    a_pass = vectors * (2 * each.load + each.loop + TOGETHER * (each.load + 2 * each.arithmetic))
    return op.x.type.size / inputs * (cost_around(op, f) + f.density * inputs / TOGETHER * a_pass)


def emit(op: Dense, f: Kernel) -> None:
    """Write the three loops: collect, accumulate, finish."""
    emit_sums(op, f, _accumulate)


def _accumulate(f: Kernel, live: LiveColumns) -> None:
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
