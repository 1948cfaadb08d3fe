"""Products of several rows with one matrix: a tile of rows and columns has its sums in locals.

The columns of the matrix are tables of vectors, three columns each; what is read of them serves every row of
the tile. Nothing is skipped, so that infinite numbers are multiplied like others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.scalars import emit_scalar
from onnx2luau.backends.luau.plan.workspace import VECTOR_TABLE
from onnx2luau.backends.luau.program import WIDTH, Site
from onnx2luau.backends.luau.syntax.arithmetic import call, plus, times
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Name, Number
from onnx2luau.backends.luau.tiling.accumulators import SHORT
from onnx2luau.backends.luau.tiling.tiles import MOST_REGISTERS, overlapping
from onnx2luau.compiler.ir.scalars import IDENTITY, Scalar

MOST_ROWS = {"client": 16, "server": 8}
MOST_VECTORS = {"client": 43, "server": 11}
"""Of a tile."""
AT_ONCE = (1, 2, 4)
"""How many elements of a row a round of the loop takes."""
OPERATIONS = {"client": 2.0, "server": 1.2}
"""Of a product and its sum: native code overlaps them with others."""
MOST_PRODUCTS = {"client": 400, "server": 200}
"""Of a round: longer native code is slower, and all of it is longer to read."""


@dataclass(frozen=True)
class RowTile:
    """How a product is divided."""

    rows: int
    vectors: int
    at_once: int

    def rounds(self, inner: int) -> int:
        """Return how many rounds it takes to add up so many elements."""
        return -(-inner // self.at_once)


@dataclass(frozen=True)
class Block:
    """Neighbouring columns of the matrix, and as many after them as it repeats."""

    first: int
    count: int
    repeats: int

    @property
    def vectors(self) -> int:
        """How many vectors hold a row of them."""
        return -(-self.count // WIDTH)


@dataclass(frozen=True)
class Product:
    """Sums over `inner` of x[row, k] * matrix[k, column], for every row and column."""

    rows: int
    inner: int
    columns: int

    def tile(self, site: Site) -> tuple[RowTile, float]:
        """Return the cheapest tile, and the nanoseconds that the product takes with it."""
        costs = {tile: self._cost(tile, site) for tile in self._tiles(site.target)}
        best = min(costs, key=lambda tile: costs[tile])
        return best, costs[best]

    def blocks(self, tile: RowTile) -> list[Block]:
        """Return the columns as blocks of so many vectors, and what is left."""
        size = tile.vectors * WIDTH
        whole, rest = divmod(self.columns, size)
        blocks = [Block(0, size, whole), Block(whole * size, rest, 1)]
        return [block for block in blocks if block.count and block.repeats]

    def _tiles(self, target: str) -> Iterator[RowTile]:
        vectors = -(-self.columns // WIDTH)
        for count in range(1, min(vectors, MOST_VECTORS[target]) + 1):
            for rows in range(1, min(self.rows, MOST_ROWS[target]) + 1):
                for at_once in AT_ONCE:
                    inputs = 1 if target == "client" else rows * at_once
                    registers = count * (rows + at_once + 1) + inputs
                    is_short = rows * count * at_once <= MOST_PRODUCTS[target]
                    is_round = at_once == 1 or (at_once <= self.inner and is_short)
                    if is_round and registers <= MOST_REGISTERS:
                        yield RowTile(rows, count, at_once)

    def _cost(self, tile: RowTile, site: Site) -> float:
        each = site.each
        total = 0.0
        for block in self.blocks(tile):
            weights = block.vectors * tile.at_once
            column = min(weights * each.fixed, each.call + weights * each.copy) + each.load
            # Native code brings a sum into a register of the processor and back, once a round.
            moved = block.vectors * each.fixed if site.target == "server" else 0
            a_row = tile.at_once * each.load + weights * OPERATIONS[site.target] * each.arithmetic + moved
            rounds = tile.rounds(self.inner) * (each.loop + column + tile.rows * a_row)
            finish = tile.rows * block.count * (2 * each.load + 2 * each.arithmetic)
            total += block.repeats * -(-self.rows // tile.rows) * (rounds + finish)
        return total


@dataclass(frozen=True)
class Operands:
    """Where a product is read from, for one block of columns."""

    x: Name
    source: Expression
    """Elements before the first row."""
    column: Callable[[Expression], Expression]
    """The table of vectors of a round, from 1: those of its elements after each other."""
    starts: Sequence[Expression]
    """What the sums start from, by vector; none for zero."""
    steps: tuple[int, int]
    """How far apart the rows of x are, and the elements of a row."""
    before: Scalar = IDENTITY
    """What is done to each element of x where it is read."""

    def value(self, f: KernelFunction, place: Expression) -> Expression:
        """Return an element of x as it counts."""
        return emit_scalar(f, f.constants, self.before, [Index(self.x, place)])


Finish = Callable[[Expression, Sequence[Sequence[Name]]], None]
"""Told the first row of a tile, from 0, and its sums, [row][vector]."""


def emit_rows(
    f: KernelFunction, product: Product, tile: RowTile, block: Block, read: Operands, finish: Finish
) -> None:
    """Write the loops over tiles of rows, and over what is added up in each."""
    with overlapping(f, "row", product.rows, tile.rows) as row:
        starts = read.starts or [Name("vector.zero")] * block.vectors
        sums = [[f.local("sum", start, "vector") for start in starts] for _ in range(tile.rows)]
        first = f.named("first", plus(read.source, times(row, read.steps[0])))
        whole, rest = divmod(product.inner, tile.at_once)
        if whole > 1:
            with f.loop("k", 1, whole) as k:
                _round(f, tile.at_once, tile.at_once, read, sums, first, k)
        elif whole:
            with f.scope():
                _round(f, tile.at_once, tile.at_once, read, sums, first, Number(1))
        if rest:
            with f.scope():
                _round(f, rest, tile.at_once, read, sums, first, Number(whole + 1))
        finish(row, sums)


def _round(
    f: KernelFunction,
    count: int,
    at_once: int,
    read: Operands,
    sums: Sequence[Sequence[Name]],
    first: Expression,
    k: Expression,
) -> None:
    """Add `count` elements of every row, those of round `k`, each times its column."""
    vectors = len(sums[0])
    weights = _weights(f, read.column(k), count * vectors)
    columns = [weights[number * vectors :][:vectors] for number in range(count)]
    across, along = read.steps
    place = plus(first, times(k, at_once * along))
    if count > 1 or along > 1:
        place = f.named("place", place)

    def element(row: int, number: int) -> Expression:
        return read.value(f, plus(place, row * across + (number - at_once) * along + 1))

    if f.target == "client":
        value: Name | None = None
        for number, column in enumerate(columns):
            for row, totals in enumerate(sums):
                if value is None:
                    value = f.local("v", element(row, number))
                else:
                    f.assign(value, element(row, number))
                for total, weight in zip(totals, column, strict=True):
                    f.assign(total, Binary("*", weight, value), "+")
        return
    # All that is read stands first: a store would have native code look at the tables again.
    rows = [[f.local("v", element(row, number)) for number in range(count)] for row in range(len(sums))]
    for totals, values in zip(sums, rows, strict=True):
        for vector, total in enumerate(totals):
            for column, each in zip(columns, values, strict=True):
                f.assign(total, Binary("*", column[vector], each), "+")


def _weights(f: KernelFunction, table: Expression, count: int) -> list[Name]:
    if f.target == "client" and count > SHORT:
        return f.unpacked("w", count, call("table.unpack", table))
    column = f.local("column", table, VECTOR_TABLE)
    # From the last on: native code that knows the largest index to be in a table checks no smaller.
    names = [f.local("w", Index(column, Number(place)), "vector") for place in range(count, 0, -1)]
    return names[::-1]
