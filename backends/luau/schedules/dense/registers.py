"""Register accumulators: sums are locals, and the column of an input that is not zero arrives at once.

Weights are packed three outputs a vector, so one multiplication and one addition serve three weights. A
column comes by one `table.unpack`; a short one is read element by element, which spares the call. Sums that
are more than a function has locals for are divided into blocks, and the inputs that are not zero are listed
first, so that no block looks for them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from onnx2luau.backends.luau.constants import COLUMNS, VECTORS
from onnx2luau.backends.luau.instruction_costs import COSTS, LIVE
from onnx2luau.backends.luau.kernel import Kernel
from onnx2luau.backends.luau.schedules.batches import each_row
from onnx2luau.backends.luau.schedules.live import (
    LiveInputs,
    Row,
    collect,
    each_live,
    has_finite_constants,
    row_of,
)
from onnx2luau.backends.luau.schedules.tiles import WIDTH, activate, lane, store
from onnx2luau.backends.luau.syntax.arithmetic import call, plus
from onnx2luau.backends.luau.syntax.nodes import (
    Binary,
    Call,
    Choice,
    Expression,
    Index,
    Name,
    Number,
    Parameter,
)
from onnx2luau.backends.luau.workspace import NUMBERS, VECTOR_TABLE
from onnx2luau.compiler.ir.ops.dense import Dense

MOST_SUMS = 86
"""With as many weights beside them, these fit into the 200 locals of a function."""
SHORT = 10
"""Columns of fewer vectors are read without `table.unpack`."""


AddInput = Callable[[Expression, Name], None]
"""Adds the column at an index, times a value, to the sums."""


@dataclass(frozen=True)
class Block:
    """Neighbouring outputs whose sums fit into locals."""

    first: int
    count: int

    @property
    def vectors(self) -> int:
        """How many vectors hold a sum for each output."""
        return -(-self.count // WIDTH)


@dataclass(frozen=True)
class Kept:
    """Where the sums of a block start; with `sums`, also the table that keeps them for later changes."""

    value: Expression
    start: Name | None = None
    """The parameter that `value` is given to."""
    sums: Name | None = None

    def parameters(self) -> list[Parameter]:
        """Return the parameters that a block's function needs for this."""
        names = [name for name in (self.start, self.sums) if name is not None]
        return [Parameter(name.text, VECTOR_TABLE) for name in names]

    def arguments(self) -> tuple[Expression, ...]:
        """Return what they are called with."""
        return () if self.sums is None else (self.value, self.sums)


def applies(op: Dense, f: Kernel) -> bool:
    """Whether all weights are finite: an infinite one times a skipped zero would be NaN."""
    return has_finite_constants(op, f)


def cost(op: Dense, target: str) -> float:
    """A live input costs, for each vector, its share of a copy and two operations; nothing is stored."""
    each = COSTS[target]
    outputs, inputs = op.weight.shape
    vectors = -(-outputs // WIDTH)
    blocks = len(_blocks(outputs))
    is_short = vectors <= SHORT
    column = vectors * each.fixed if is_short else blocks * each.call + vectors * each.copy
    per_input = each.load + each.test + each.loop
    listing = LIVE * inputs * (2 + 2 * blocks) * each.load if blocks > 1 else 0
    live = LIVE * inputs * (column + vectors * 2 * each.arithmetic)
    finishing = outputs * (2 * each.load + 2 * each.arithmetic)
    return op.x.type.size / inputs * (inputs * per_input + listing + live + finishing)


def emit(op: Dense, f: Kernel) -> None:
    """Write a function for each block of outputs, and call them in turn."""
    outputs, inputs = op.weight.shape
    rows = op.x.type.size // inputs
    x = f.read(op.x)
    blocks = _blocks(outputs)
    if len(blocks) == 1:
        _whole(op, f, x, blocks[0], rows)
    else:
        _divided(op, f, x, blocks, rows)
    activate(f, op.activation, rows * outputs)


def _blocks(outputs: int) -> list[Block]:
    vectors = -(-outputs // WIDTH)
    count = -(-vectors // MOST_SUMS)
    size = -(-vectors // count) * WIDTH
    return [Block(first, min(size, outputs - first)) for first in range(0, outputs, size)]


def _whole(op: Dense, f: Kernel, x: Name, block: Block, rows: int) -> None:
    """Write the function of the only block, which looks at every input itself, and call it for each row."""
    row = row_of(op, f, x)
    kept = _kept(op, f, block, row)
    names = [f.name("source"), f.name("target")] if rows > 1 else []
    source, target = names if names else (Number(0), Number(0))
    parameters = [*_parameters([x, f.result], names), *kept.parameters()]
    own = replace(row, table=x, source=source)
    with (
        f.part("sums", parameters) as part,
        _sums(op, f, block, target, kept) as add,
        each_live(f, own) as (index, value),
    ):
        add(index, value)
    for places in each_row(f, rows, op.weight.shape[1], op.weight.shape[0]):
        f.do(Call(part, (row.table, f.result, *(places if rows > 1 else ()), *kept.arguments())))


def _divided(op: Dense, f: Kernel, x: Name, blocks: list[Block], rows: int) -> None:
    """Write the functions of several blocks, and call them in turn for each row."""
    outputs, inputs = op.weight.shape
    kept = [_kept(op, f, block, row_of(op, f, x)) for block in blocks]
    parts = [_part(op, f, *each, number) for number, each in enumerate(zip(blocks, kept, strict=True), 1)]
    live = LiveInputs(f.scratch(inputs, "live"), f.scratch(inputs, "values"))
    for source, target in each_row(f, rows, inputs, outputs):
        count = collect(f, row_of(op, f, x, source), live)
        for part, own in zip(parts, kept, strict=True):
            f.do(Call(part, (live.indices, live.values, count, f.result, target, *own.arguments())))


def _part(op: Dense, f: Kernel, block: Block, kept: Kept, number: int) -> Name:
    """Write the function of one block of several: it goes through the listed inputs."""
    indices, values, count, target = map(f.name, ("live", "values", "count", "target"))
    parameters = [*_parameters([indices, values], [count]), *_parameters([f.result], [target])]
    with (
        f.part(f"sums {number}", [*parameters, *kept.parameters()]) as part,
        _sums(op, f, block, target, kept) as add,
        f.loop("k", 1, count) as k,
    ):
        add(Index(indices, k), f.local("v", Index(values, k)))
    return part


def _kept(op: Dense, f: Kernel, block: Block, row: Row) -> Kept:
    """Return what the sums of a block start from and, if changes may be added to them later, are kept in."""
    bias = None if op.bias is None else f.array(op.bias)
    if bias is None:
        biases = f.constants.zeros(block.vectors, f"{f.kernel_name} zeros")
    else:
        own = bias[block.first : block.first + block.count]
        biases = f.constants.packed(own, VECTORS, (block.count,), f"{f.kernel_name} bias")
    if row.changes is None:
        return Kept(biases)
    sums = f.scratch(block.vectors, "sums", VECTOR_TABLE)
    return Kept(Choice(row.changes, sums, biases), f.name("start"), sums)


@contextmanager
def _sums(op: Dense, f: Kernel, block: Block, target: Expression, kept: Kept) -> Iterator[AddInput]:
    """Declare the sums of a block, let inputs be added to them, and write them out."""
    weight = f.array(op.weight)
    assert weight is not None  # noqa: S101 - applies() said so
    extents = (op.weight.shape[1], block.count)
    matrix = weight[block.first : block.first + block.count]
    columns = f.constants.packed(matrix, COLUMNS, extents, f"{f.kernel_name} columns")
    f.comment("A sum holds three outputs; each input that is not zero adds its column to all of them.")
    # Without their types, vectors are handled four times slower in native code.
    is_short = block.vectors <= SHORT
    start = call("table.unpack", kept.start or kept.value)
    sums = f.unpacked("a", block.vectors, start, "vector" if is_short else "")

    def add(index: Expression, value: Name) -> None:
        column = Index(columns, index)
        weights: list[Expression]
        if is_short:
            short = f.local("column", column, VECTOR_TABLE)
            weights = [Index(short, Number(k)) for k in range(1, block.vectors + 1)]
        else:
            weights = [*f.unpacked("w", block.vectors, call("table.unpack", column))]
        for total, each in zip(sums, weights, strict=True):
            f.assign(total, Binary("*", each, value), "+")

    yield add
    if kept.sums is not None:
        for number, total in enumerate(sums, 1):
            f.assign(Index(kept.sums, Number(number)), total)
    places = [plus(target, block.first + output + 1) for output in range(block.count)]
    lanes = [lane(sums[output // WIDTH], output % WIDTH) for output in range(block.count)]
    store(f, op.activation, list(zip(places, lanes, strict=True)))


def _parameters(tables: list[Name], numbers: list[Name]) -> list[Parameter]:
    return [
        *(Parameter(table.text, NUMBERS) for table in tables),
        *(Parameter(number.text, "number") for number in numbers),
    ]
