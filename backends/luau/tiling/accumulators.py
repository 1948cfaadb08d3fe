"""Sums in locals: how many outputs a function has room for, where their sums start, and where they go."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.backends.luau.emit.constants import VECTORS
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.plan.workspace import VECTOR_TABLE
from onnx2luau.backends.luau.program import WIDTH
from onnx2luau.backends.luau.syntax.arithmetic import call, plus
from onnx2luau.backends.luau.syntax.nodes import Choice, Expression, Index, Name, Parameter
from onnx2luau.backends.luau.tiling.live import Constants, Row
from onnx2luau.backends.luau.tiling.tiles import lane, store
from onnx2luau.compiler.ir.ops.dense import Dense

MOST_SUMS = 86
"""With as many weights beside them, these fit into the 200 locals of a function."""
FEW = 3
"""So many blocks have a function each; more would fill files. One that blocks share takes a fourth longer in
native code, where `table.unpack` is not given literals."""
SHORT = 10
"""Columns of fewer vectors are read without `table.unpack`."""


@dataclass(frozen=True)
class Block:
    """Neighbouring outputs whose sums fit into locals, and as many after them as it repeats."""

    first: int
    count: int
    repeats: int
    """How many blocks of so many outputs follow each other, this one among them."""

    @property
    def vectors(self) -> int:
        """How many vectors hold a sum for each output."""
        return -(-self.count // WIDTH)

    @property
    def before(self) -> int:
        """How many vectors hold the sums of the blocks before."""
        return self.first // WIDTH

    @property
    def is_short(self) -> bool:
        """Whether a column is read element by element."""
        return self.vectors <= SHORT

    @property
    def firsts(self) -> range:
        """The first output of each repetition."""
        return range(self.first, self.first + self.repeats * self.count, self.count)


def blocks_of(outputs: int) -> list[Block]:
    """Return as few blocks as there can be, about equally large; of many, those of the same size are one."""
    vectors = -(-outputs // WIDTH)
    count = -(-vectors // MOST_SUMS)
    size = -(-vectors // count) * WIDTH
    if count <= FEW:
        return [Block(first, min(size, outputs - first), 1) for first in range(0, outputs, size)]
    whole, rest = divmod(outputs, size)
    blocks = [Block(0, size, whole), Block(whole * size, rest, 1)]
    return [block for block in blocks if block.count]


@dataclass(frozen=True)
class Accumulators:
    """Where the sums of all outputs start from and, while the input changes bit by bit, are kept in."""

    biases: Expression
    changes: Name | None
    start: Name | None
    """The parameter that tells a function where its sums start, if that depends on the changes."""
    kept: Name | None
    """The table that keeps the sums; the result itself if that lies in lanes."""
    before: Name | None = None
    """Those of the prediction before, if there are changes to be added to them."""

    @property
    def begin(self) -> Expression:
        """Return the table that the sums start from, as a kernel sees it."""
        return (
            self.biases
            if self.changes is None or self.before is None
            else Choice(self.changes, self.before, self.biases)
        )

    def parameters(self, result: Name) -> list[Parameter]:
        """Return the parameters that a block's function needs for this, besides the result."""
        names = [name for name in (self.start, self.kept) if name is not None and name != result]
        return [Parameter(name.text, VECTOR_TABLE) for name in names]

    def arguments(self, result: Name) -> tuple[Expression, ...]:
        """Return what they are called with."""
        if self.start is None or self.kept is None:
            return ()
        return (self.begin,) if self.kept == result else (self.begin, self.kept)


def accumulators_of(known: Constants, f: KernelFunction, row: Row) -> Accumulators:
    """Declare the tables of a layer's sums."""
    vectors = -(-known.outputs // WIDTH)
    if known.bias is None:
        biases = f.constants.zeros(vectors, f"{f.kernel_name} zeros")
    else:
        biases = f.constants.packed(known.bias, VECTORS, (known.outputs,), f"{f.kernel_name} bias")
    if row.changes is None:
        return Accumulators(biases, None, None, f.result if f.result_in_lanes else None)
    before, kept = f.kept_sums(vectors)
    return Accumulators(biases, row.changes, f.name("start"), kept, before)


def declare_sums(f: KernelFunction, block: Block, own: Accumulators, before: Expression | None) -> list[Name]:
    """Declare a local for each vector of a block's sums; `before` come before, unless it is alone."""
    source = own.start or own.biases
    stretch = () if before is None else (plus(before, 1), plus(before, block.vectors))
    # Without their types, vectors are handled four times slower in native code.
    type_ = "vector" if block.is_short else ""
    return f.unpacked("a", block.vectors, call("table.unpack", source, *stretch), type_)


def finish_sums(
    op: Dense,
    f: KernelFunction,
    block: Block,
    own: Accumulators,
    sums: list[Name],
    before: Expression,
    target: Expression,
) -> None:
    """Write the sums of a block out: as they are, and lane by lane if the result is a table of numbers.

    `before` vectors and `target` numbers lie before them.
    """
    if own.kept is not None:
        for number, total in enumerate(sums, 1):
            f.assign(Index(own.kept, plus(before, number)), total)
    if f.result_in_lanes:
        return
    places = [plus(target, output + 1) for output in range(block.count)]
    lanes = [lane(sums[output // WIDTH], output % WIDTH) for output in range(block.count)]
    store(f, op.activation, list(zip(places, lanes, strict=True)))
