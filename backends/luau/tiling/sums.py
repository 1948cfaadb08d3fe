"""Sums of a dense layer in a table: started from the bias, fed by live columns, finished by the activation.

Weights are packed three outputs a vector, so one multiplication and one addition serve three weights. Lanes
are f32, so sums round as ONNX Runtime's do. The inputs that are not zero are collected first; that list is
filled up with zeros to a multiple of four, so that four columns are added at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from onnx2luau.backends.luau.emit.constants import COLUMNS, VECTORS
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.scalars import emit_scalar
from onnx2luau.backends.luau.plan.workspace import TABLES, VECTOR_TABLE
from onnx2luau.backends.luau.program import WIDTH, Site
from onnx2luau.backends.luau.syntax.arithmetic import plus, times
from onnx2luau.backends.luau.syntax.nodes import Expression, Index, Name, Number
from onnx2luau.backends.luau.tiling.batches import each_row
from onnx2luau.backends.luau.tiling.live import Constants, Row, each_live, row_of
from onnx2luau.backends.luau.tiling.tiles import lane
from onnx2luau.compiler.ir.ops.dense import Dense

TOGETHER = 4


@dataclass(frozen=True)
class LiveColumns:
    """What is added up: tables of as many columns and of their inputs, and the sums they go to."""

    columns: Name
    values: Name
    count: Name
    sums: Name
    vectors: int
    """How many vectors hold the sums."""


def emit_sums(
    op: Dense, known: Constants, f: KernelFunction, accumulate: Callable[[KernelFunction, LiveColumns], None]
) -> None:
    """Write the kernel around `accumulate`, which adds all live columns.

    Where the result lies in lanes, the sums are the result.
    """
    outputs, inputs = known.outputs, known.inputs
    vectors = -(-outputs // WIDTH)
    x = f.read(op.x)
    columns = f.constants.packed(known.weight, COLUMNS, (inputs, outputs), f"{f.kernel_name} columns")
    before: Name | None = None
    if row_of(op, f, x).changes is not None:
        before, sums = f.kept_sums(vectors)
    else:
        sums = f.result if f.result_in_lanes else f.work_table(vectors, "sums", VECTOR_TABLE)
    live = f.work_table(inputs + TOGETHER - 1, "live", TABLES)
    values = f.work_table(inputs + TOGETHER - 1, "values")
    for source, target in each_row(f, op.x.type.size // inputs, inputs, outputs):
        row = row_of(op, f, x, source)
        if row.changes is None or before is None:
            _start(known, f, sums, vectors)
        else:
            with f.when(row.changes):
                f.copy(before, sums, vectors, Number(0), Number(0))
            with f.otherwise():
                _start(known, f, sums, vectors)
        count = _collect(f, row, columns, live, values)
        accumulate(f, LiveColumns(live, values, count, sums, vectors))
        if not f.result_in_lanes:
            _finish(op, f, sums, target, outputs)


def cost_around(op: Dense, site: Site) -> float:
    """Return the nanoseconds a row of everything but adding the columns."""
    each = site.each
    outputs, inputs = op.weight.shape
    vectors = -(-outputs // WIDTH)
    collecting = inputs * (each.load + each.test + each.loop) + site.density * inputs * (
        2 * each.load + each.column
    )
    finishing = 0 if site.result_in_lanes else each.loop + WIDTH * (each.load + 2 * each.arithmetic)
    return collecting + vectors * (each.load * 2 + finishing)


def _start(known: Constants, f: KernelFunction, sums: Name, vectors: int) -> None:
    """Set the sums to the bias."""
    value: Expression = Name("vector.zero")
    with f.loop("k", 1, vectors) as k:
        if known.bias is not None:
            bias = f.constants.packed(known.bias, VECTORS, (known.outputs,), f"{f.kernel_name} bias")
            value = Index(bias, k)
        f.assign(Index(sums, k), value)


def _collect(f: KernelFunction, row: Row, columns: Name, live: Name, values: Name) -> Name:
    """List the columns of the inputs that are not zero, and these inputs; return how many."""
    count = f.local("count", Number(0))

    def note(index: Expression, value: Name) -> None:
        f.assign(count, Number(1), "+")
        f.assign(Index(live, count), Index(columns, index))
        f.assign(Index(values, count), value)

    each_live(f, row, note)
    with f.loop("rest", plus(count, 1), plus(count, TOGETHER - 1)) as rest:
        f.assign(Index(live, rest), Index(columns, Number(1)))
        f.assign(Index(values, rest), Number(0))
    return count


def _finish(op: Dense, f: KernelFunction, sums: Name, target: Expression, outputs: int) -> None:
    """Apply the activation and write the lanes out."""
    whole = outputs // WIDTH
    if whole == 1:
        _lanes(op, f, f.local("sum", Index(sums, Number(1)), "vector"), target, WIDTH)
    elif whole:
        with f.loop("k", 1, whole) as k:
            total = f.local("sum", Index(sums, k), "vector")
            first = f.local("first", plus(plus(target, times(k, WIDTH)), -WIDTH))
            _lanes(op, f, total, first, WIDTH)
    if outputs % WIDTH:
        total = f.local("sum", Index(sums, Number(whole + 1)), "vector")
        _lanes(op, f, total, plus(target, whole * WIDTH), outputs % WIDTH)


def _lanes(op: Dense, f: KernelFunction, total: Name, before: Expression, count: int) -> None:
    for index in range(count):
        value = emit_scalar(f, f.constants, op.activation, [lane(total, index)])
        f.assign(f.element(plus(before, index + 1)), value)
