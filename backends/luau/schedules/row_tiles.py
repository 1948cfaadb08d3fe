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
from onnx2luau.backends.luau.schedules.accumulators import SHORT
from onnx2luau.backends.luau.schedules.tiles import MOST_REGISTERS, overlapping
from onnx2luau.backends.luau.syntax.arithmetic import call, plus, times
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Name, Number
from onnx2luau.compiler.ir.scalars import IDENTITY, Scalar

MOST_ROWS = {"client": 16, "server": 2}
MOST_VECTORS = {"client": 43, "server": 11}
"""Of a tile; native code is slower the more sums take turns in the registers of the processor."""
AT_ONCE = {"client": (1,), "server": (1, 2, 4)}
"""How many elements of a row a round of the loop takes."""
MOST_PRODUCTS = 100
"""Of a round: longer native code is slower."""


@dataclass(frozen=True)
class RowTile:
    """How a product is divided."""

    rows: int
    vectors: int
    at_once: int


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
                for at_once in AT_ONCE[target]:
                    registers = count * (rows + at_once) + rows * at_once
                    is_short = rows * count * at_once <= MOST_PRODUCTS
                    is_round = at_once == 1 or (at_once <= self.inner and is_short)
                    if is_round and registers <= MOST_REGISTERS:
                        yield RowTile(rows, count, at_once)

    def _cost(self, tile: RowTile, site: Site) -> float:
        each = site.each
        total = 0.0
        for block in self.blocks(tile):
            vectors = block.vectors
            column = min(vectors * each.fixed, each.call + vectors * each.copy) + each.load
            sums = vectors * 2 * each.arithmetic
            # Native code brings a sum into a register of the processor and back, once a round.
            moved = vectors * 2 * each.fixed / tile.at_once if site.target == "server" else 0
            a_row = each.load + sums + moved
            rounds = self.inner * (each.loop / tile.at_once + column + tile.rows * a_row)
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
    """The table of vectors at a place of the rows, from 1."""
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
        whole = product.inner // tile.at_once * tile.at_once
        with f.loop("k", 1, whole, tile.at_once) as k:
            _round(f, tile.at_once, read, sums, first, k)
        if whole < product.inner:
            with f.scope():
                _round(f, product.inner - whole, read, sums, first, Number(whole + 1))
        finish(row, sums)


def _round(
    f: KernelFunction,
    at_once: int,
    read: Operands,
    sums: Sequence[Sequence[Name]],
    first: Expression,
    k: Expression,
) -> None:
    """Add `at_once` elements of every row, from place `k` on, each times its column."""
    vectors = len(sums[0])
    columns = [_column(f, read.column(plus(k, place)), vectors) for place in range(at_once)]
    across, along = read.steps
    place = plus(first, k) if along == 1 else f.local("place", plus(plus(first, times(k, along)), 1 - along))
    if at_once == 1:
        value: Name | None = None
        for row, totals in enumerate(sums):
            source = read.value(f, plus(place, row * across))
            if value is None:
                value = f.local("v", source)
            else:
                f.assign(value, source)
            for total, weight in zip(totals, columns[0], strict=True):
                f.assign(total, Binary("*", weight, value), "+")
        return
    for row, totals in enumerate(sums):
        values = [
            f.local("v", read.value(f, plus(place, row * across + offset * along)))
            for offset in range(at_once)
        ]
        for number, total in enumerate(totals):
            sum_: Expression = total
            for value, column in zip(values, columns, strict=True):
                sum_ = Binary("+", sum_, Binary("*", column[number], value))
            f.assign(total, sum_)


def _column(f: KernelFunction, table: Expression, vectors: int) -> list[Name]:
    if f.target == "client" and vectors > SHORT:
        return f.unpacked("w", vectors, call("table.unpack", table))
    column = f.local("column", table, VECTOR_TABLE)
    # From the last on: native code that knows the largest index to be in a table checks no smaller.
    names = [f.local("w", Index(column, Number(place)), "vector") for place in range(vectors, 0, -1)]
    return names[::-1]
