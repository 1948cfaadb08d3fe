"""Sparse columns, written out: every sum has a line of its own, which adds four live columns to it.

Native code knows the place of everything in such a line, so it needs no loop, no arithmetic for indices and
fewer checks than `columns`: about a third less time. Longer functions lose that again, so that the outputs
are divided into blocks.

Golden kernels: dense_unrolled.
"""

from __future__ import annotations

from functools import partial

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.plan.workspace import NUMBERS, TABLES, VECTOR_TABLE
from onnx2luau.backends.luau.program import WIDTH, Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import plus
from onnx2luau.backends.luau.syntax.nodes import Binary, Call, Expression, Index, Name, Number, Parameter
from onnx2luau.backends.luau.tiling.accumulators import SHORT
from onnx2luau.backends.luau.tiling.live import Constants, dense_constants
from onnx2luau.backends.luau.tiling.sums import TOGETHER, LiveColumns, cost_around, emit_sums
from onnx2luau.compiler.ir.ops.dense import Dense

MOST_VECTORS = 43
"""Sums a function: native code of more than about 350 products becomes slower than a loop."""
MOST_FUNCTIONS = 24
"""A layer of more outputs would fill files with little but its sums."""


def match(op: Dense, site: Site) -> Match | None:
    """A vector of a live column is a load and two operations; each line reads and writes one sum."""
    known = dense_constants(op, site)
    if known is None or op.weight.shape[0] > MOST_FUNCTIONS * MOST_VECTORS * WIDTH:
        return None
    each = site.each
    outputs, inputs = known.outputs, known.inputs
    vectors = -(-outputs // WIDTH)
    # Where there are few lines, literal indices were found to save nothing.
    element = each.load if vectors <= SHORT else each.fixed
    a_line = 2 * element + TOGETHER * (element + 2 * each.arithmetic)
    a_pass = vectors * a_line + -(-vectors // MOST_VECTORS) * (2 * TOGETHER * each.load + each.loop)
    cost = op.x.type.size / inputs * (cost_around(op, site) + site.density * inputs / TOGETHER * a_pass)
    return Match(cost, partial(_emit, op, known), by_element=True)


def _emit(op: Dense, known: Constants, f: KernelFunction) -> None:
    """Write a function for each block of sums, and call them in turn."""
    emit_sums(op, known, f, _accumulate)


def _accumulate(f: KernelFunction, live: LiveColumns) -> None:
    blocks = -(-live.vectors // MOST_VECTORS)
    size = -(-live.vectors // blocks)
    for number, start in enumerate(range(0, live.vectors, size), 1):
        part = _block(f, live, number, range(start + 1, min(start + size, live.vectors) + 1))
        f.do(Call(part, (live.columns, live.values, live.count, live.sums)))


def _block(f: KernelFunction, live: LiveColumns, number: int, vectors: range) -> Name:
    """Write the function that adds all live columns to some of the sums, counted from 1."""
    parameters = [
        Parameter(live.columns.text, TABLES),
        Parameter(live.values.text, NUMBERS),
        Parameter(live.count.text, "number"),
        Parameter(live.sums.text, VECTOR_TABLE),
    ]
    with f.part(f"sums {number}", parameters) as part:
        f.comment(f"A sum holds three outputs; {TOGETHER} inputs at a time add their columns.")
        _lines(f, live, vectors)
    return part


def _lines(f: KernelFunction, live: LiveColumns, vectors: range) -> None:
    with f.loop("first", 1, live.count, TOGETHER) as first:
        places = [plus(first, offset) for offset in range(TOGETHER)]
        # Without its type, a vector is handled four times slower in native code.
        columns = f.locals("c", [Index(live.columns, place) for place in places], VECTOR_TABLE)
        values = f.locals("v", [Index(live.values, place) for place in places])
        # From the last on: native code that knows the largest index to be in a table checks no smaller.
        for vector in reversed(vectors):
            products = [
                Binary("*", Index(column, Number(vector)), value)
                for column, value in zip(columns, values, strict=True)
            ]
            total: Expression = products[0]
            for product in products[1:]:
                total = Binary("+", total, product)
            f.assign(Index(live.sums, Number(vector)), total, "+")
