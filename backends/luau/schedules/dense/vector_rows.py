"""Vector rows: inputs and weights packed three along the inputs, a block of outputs in one loop over them.

A column of few outputs leaves lanes empty; a row of inputs leaves none. Nothing is skipped, so this is for
layers with few outputs whose inputs are hardly ever zero.

Golden kernels: dense_vector_rows.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial

from onnx2luau.backends.luau.emit.constants import ROW_VECTORS
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.scalars import emit_scalar
from onnx2luau.backends.luau.emit.singles import in_range
from onnx2luau.backends.luau.plan.workspace import VECTOR_TABLE
from onnx2luau.backends.luau.program import WIDTH, Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import call, plus, times
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Name, Number
from onnx2luau.backends.luau.tiling.batches import each_row
from onnx2luau.backends.luau.tiling.live import Constants, dense_constants
from onnx2luau.backends.luau.tiling.tiles import lane
from onnx2luau.compiler.ir.ops.dense import Dense

BLOCK = 12
"""Outputs of a loop: their rows and sums are locals."""
MOST_OUTPUTS = 60
"""With more, columns have hardly an empty lane."""


def match(op: Dense, site: Site) -> Match | None:
    """Three weights are a load and two operations; each input is packed once.

    Constants have to be finite, since what fills a vector up is multiplied too.
    """
    known = dense_constants(op, site)
    if known is None or known.outputs > MOST_OUTPUTS:
        return None
    each = site.each
    outputs, inputs = known.outputs, known.inputs
    vectors = -(-inputs // WIDTH)
    packing = vectors * (WIDTH * each.load + each.create + each.load + each.loop)
    rounds = -(-outputs // BLOCK) * vectors * (each.load + each.loop)
    work = vectors * outputs * (each.load + 2 * each.arithmetic)
    cost = op.x.type.size / inputs * (packing + rounds + work + outputs * 6 * each.arithmetic)
    return Match(cost, partial(_emit, op, known), by_element=True)


def _emit(op: Dense, known: Constants, f: KernelFunction) -> None:
    """Pack the inputs, then write a loop for each block of outputs."""
    outputs, inputs = known.outputs, known.inputs
    x = f.read(op.x)
    rows = f.constants.packed(known.weight, ROW_VECTORS, (outputs, inputs), f"{f.kernel_name} rows")
    bias = f.read(op.bias, "bias") if op.bias is not None else None
    packed = f.work_table(-(-inputs // WIDTH), "packed", VECTOR_TABLE)
    for source, target in each_row(f, op.x.type.size // inputs, inputs, outputs):
        _pack(op, f, x, packed, source)
        for first in range(0, outputs, BLOCK):
            with f.scope() if outputs > BLOCK else nullcontext():
                _block(op, f, packed, rows, bias, first, min(BLOCK, outputs - first), target)


def _pack(op: Dense, f: KernelFunction, x: Name, packed: Name, source: Expression) -> None:
    """Bring the inputs into vectors, as they count: what fills the last one up is zero."""
    whole, rest = divmod(op.weight.shape[1], WIDTH)
    if whole:
        with f.loop("k", 1, whole) as k:
            f.assign(Index(packed, k), _three(op, f, x, k, plus(source, times(k, WIDTH)), WIDTH))
    if rest:
        last = Number(whole + 1)
        f.assign(Index(packed, last), _three(op, f, x, last, plus(source, (whole + 1) * WIDTH), rest))


def _three(
    op: Dense, f: KernelFunction, x: Name, place: Expression, last: Expression, count: int
) -> Expression:
    if f.in_lanes(op.x):
        three = f.local("s", Index(x, place), "vector")
        sources: list[Expression] = [lane(three, number) for number in range(count)]
    else:
        sources = [Index(x, plus(last, number + 1 - WIDTH)) for number in range(count)]
    numbers = [emit_scalar(f, f.constants, op.before, [source]) for source in sources]
    return call("vector.create", *numbers, *[Number(0)] * (WIDTH - count))


def _block(
    op: Dense,
    f: KernelFunction,
    packed: Name,
    rows: Name,
    bias: Name | None,
    first: int,
    count: int,
    target: Expression,
) -> None:
    """Write the loop over the inputs that feeds some outputs, and store these."""
    own = [f.local("row", Index(rows, Number(first + number + 1)), VECTOR_TABLE) for number in range(count)]
    sums = [f.local("sum", Name("vector.zero"), "vector") for _ in range(count)]
    with f.loop("k", 1, -(-op.weight.shape[1] // WIDTH)) as k:
        three = f.local("v", Index(packed, k), "vector")
        for row, total in zip(own, sums, strict=True):
            f.assign(total, Binary("*", Index(row, k), three), "+")
    results: list[Expression] = []
    for number, total in enumerate(sums, first + 1):
        value: Expression = Binary("+", Binary("+", lane(total, 0), lane(total, 1)), lane(total, 2))
        if bias is not None:
            value = Binary("+", value, Index(bias, Number(number)))
        results.append(emit_scalar(f, f.constants, in_range(op.activation), [value]))
        if not f.result_in_lanes:
            f.assign(f.element(plus(target, number)), results[-1])
    if f.result_in_lanes:
        _store_lanes(f, results, first)


def _store_lanes(f: KernelFunction, results: list[Expression], first: int) -> None:
    for start in range(0, len(results), WIDTH):
        three = (results[start : start + WIDTH] + [Number(0)] * WIDTH)[:WIDTH]
        f.assign(Index(f.result, Number((first + start) // WIDTH + 1)), call("vector.create", *three))
