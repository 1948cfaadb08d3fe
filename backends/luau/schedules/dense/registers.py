"""Register accumulators: sums are locals, and the column of an input that is not zero arrives at once.

Weights are packed three outputs a vector, so one multiplication and one addition serve three weights. A
column comes by one `table.unpack`; a short one is read element by element, which spares the call. Sums that
are more than a function has locals for are divided into blocks, and the inputs that are not zero are listed
first, so that no block looks for them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from onnx2luau.backends.luau.constants import COLUMNS, VECTORS
from onnx2luau.backends.luau.instruction_costs import COSTS, LIVE
from onnx2luau.backends.luau.kernel import Kernel
from onnx2luau.backends.luau.schedules.batches import each_row
from onnx2luau.backends.luau.schedules.live import LiveInputs, collect, has_finite_constants
from onnx2luau.backends.luau.schedules.tiles import WIDTH, activate, lane, store
from onnx2luau.backends.luau.syntax.arithmetic import call, plus
from onnx2luau.backends.luau.syntax.nodes import Binary, Call, Expression, Index, Name, Number, Parameter
from onnx2luau.backends.luau.workspace import NUMBERS
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


def applies(op: Dense, f: Kernel) -> bool:
    """Whether all weights are finite: an infinite one times a skipped zero would be NaN."""
    return has_finite_constants(op, f)


def cost(op: Dense, target: str) -> float:
    """A live input costs, for each vector, its share of a copy and two operations; nothing is stored."""
    each = COSTS[target]
    outputs, inputs = op.weight.shape
    vectors = -(-outputs // WIDTH)
    blocks = len(_blocks(outputs))
    column = min(each.call + vectors / blocks * each.copy, vectors / blocks * each.load) * blocks
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
        is_exact = rows == 1 and f.is_exact(op.x)
        part = _whole(op, f, x, blocks[0], is_exact=is_exact)
        for source, target in each_row(f, rows, inputs, outputs):
            places = () if rows == 1 else (source, target)
            f.do(Call(part, (x, f.result, *places)))
    else:
        parts = [_part(op, f, block, number) for number, block in enumerate(blocks, 1)]
        live = LiveInputs(f.scratch(inputs, "live"), f.scratch(inputs, "values"))
        for source, target in each_row(f, rows, inputs, outputs):
            count = collect(f, x, source, inputs, live)
            for part in parts:
                f.do(Call(part, (live.indices, live.values, count, f.result, target)))
    activate(f, op.activation, rows * outputs)


def _blocks(outputs: int) -> list[Block]:
    vectors = -(-outputs // WIDTH)
    count = -(-vectors // MOST_SUMS)
    size = -(-vectors // count) * WIDTH
    return [Block(first, min(size, outputs - first)) for first in range(0, outputs, size)]


def _whole(op: Dense, f: Kernel, x: Name, block: Block, *, is_exact: bool) -> Name:
    """Write the function of the only block: it looks at every input itself."""
    rows = op.x.type.size // op.weight.shape[1]
    source, target = (Number(0), Number(0)) if rows == 1 else (f.name("source"), f.name("target"))
    places = [name for name in (source, target) if isinstance(name, Name)]
    with f.part("sums", _parameters([x, f.result], places)) as part, _sums(op, f, block, target) as add:
        if is_exact:
            with f.each("i", "v", x) as (i, v), f.when(Binary("~=", v, Number(0))):
                add(i, v)
        else:
            with f.loop("i", 1, op.weight.shape[1]) as i:
                v = f.local("v", Index(x, plus(source, i)))
                with f.when(Binary("~=", v, Number(0))):
                    add(i, v)
    return part


def _part(op: Dense, f: Kernel, block: Block, number: int) -> Name:
    """Write the function of one block of several: it goes through the listed inputs."""
    indices, values, count, target = map(f.name, ("live", "values", "count", "target"))
    parameters = [*_parameters([indices, values], [count]), *_parameters([f.result], [target])]
    with (
        f.part(f"sums {number}", parameters) as part,
        _sums(op, f, block, target) as add,
        f.loop("k", 1, count) as k,
    ):
        add(Index(indices, k), f.local("v", Index(values, k)))
    return part


@contextmanager
def _sums(op: Dense, f: Kernel, block: Block, target: Expression) -> Iterator[AddInput]:
    """Declare the sums of a block, let inputs be added to them, and write them out."""
    weight, bias = f.array(op.weight), f.array(op.bias) if op.bias is not None else None
    assert weight is not None  # noqa: S101 - applies() said so
    outputs = slice(block.first, block.first + block.count)
    hint = f.kernel_name
    start = np.zeros(block.count, weight.dtype) if bias is None else bias[outputs]
    starts = f.constants.packed(start, VECTORS, (block.count,), f"{hint} bias")
    extents = (op.weight.shape[1], block.count)
    columns = f.constants.packed(np.ascontiguousarray(weight[outputs].T), COLUMNS, extents, f"{hint} columns")
    sums = f.unpacked("a", block.vectors, call("table.unpack", starts))

    def add(index: Expression, value: Name) -> None:
        column = Index(columns, index)
        weights: list[Expression]
        if block.vectors <= SHORT:
            short = f.local("column", column)
            weights = [Index(short, Number(k)) for k in range(1, block.vectors + 1)]
        else:
            weights = [*f.unpacked("w", block.vectors, call("table.unpack", column))]
        for total, each in zip(sums, weights, strict=True):
            f.assign(total, Binary("*", each, value), "+")

    yield add
    places = [plus(target, block.first + output + 1) for output in range(block.count)]
    lanes = [lane(sums[output // WIDTH], output % WIDTH) for output in range(block.count)]
    store(f, op.activation, list(zip(places, lanes, strict=True)))


def _parameters(tables: list[Name], numbers: list[Name]) -> list[Parameter]:
    return [
        *(Parameter(table.text, NUMBERS) for table in tables),
        *(Parameter(number.text, "number") for number in numbers),
    ]
