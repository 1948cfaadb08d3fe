"""Tiles: the right matrix is packed three columns a vector, and a tile of rows has its sums in locals.

Lanes are f32, so sums round as ONNX Runtime's do.

Golden kernels: matmul_tiles.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.nest import nest
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.plan.workspace import TABLES, VECTOR_TABLE
from onnx2luau.backends.luau.program import WIDTH, Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import call, plus, times
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Name, Number, Unary
from onnx2luau.backends.luau.tiling.row_tiles import Block, Operands, Product, RowTile, emit_rows
from onnx2luau.backends.luau.tiling.tiles import lane
from onnx2luau.compiler.ir.ops.matmul import Matmul
from onnx2luau.compiler.ir.types import DType, strides


def match(op: Matmul, site: Site) -> Match | None:
    """A multiply-add of three columns is two operations; the right matrix is packed once for all rows."""
    shape = op.result_type().shape
    product = Product(op.a.shape[-2], op.a.shape[-1], shape[-1])
    if not site.is_flat or op.a.type.dtype is not DType.F32 or not math.prod((*shape, product.inner)):
        return None
    tile, cost = product.tile(site)
    each = site.each
    vectors = product.inner * -(-product.columns // WIDTH)
    packing = vectors * (WIDTH * each.load + each.create + each.load)
    emit = partial(_emit, op, product, tile)
    return Match(math.prod(shape[:-2]) * (cost + packing), emit, by_element=True, stores_once=True)


def _emit(op: Matmul, product: Product, tile: RowTile, f: KernelFunction) -> None:
    a, b = f.read(op.a, "a"), f.read(op.b, "b")
    batch = op.result_type().shape[:-2]
    blocks = product.blocks(tile)
    rounds = tile.rounds(product.inner)
    tables = sum(block.repeats for block in blocks) * rounds
    packed = f.work_table(tables, "packed", TABLES)
    with f.when(Unary("not", Index(packed, Number(1)))):
        f.comment("Once a session: a table for each round of each block of columns.")
        before = 0
        for block in blocks:
            count = block.repeats * rounds
            with f.loop("place", before + 1, before + count) as place:
                zeros = call("table.create", Number(block.vectors * tile.at_once), Name("vector.zero"))
                f.assign(Index(packed, place), zeros)
            before += count

    shape = op.result_type().shape
    left, right = (
        f.strided(value).broadcast(value.shape, (*batch, *value.shape[-2:])) for value in (op.a, op.b)
    )

    def each(indices: list[Expression]) -> None:
        hints = ("target", "left", "right")
        target, first, second = (f.local(*each) for each in zip(hints, indices, strict=True))
        before = 0
        for block in blocks:
            _pack(f, product, tile, block, b, Matrix(second, right), packed, before)
            _block(f, product, tile, block, a, Matrix(first, left), target, packed, before)
            before += block.repeats * rounds

    layouts = [Strided(strides(shape)), left, right]
    nest(f, batch, [Strided(layout.strides[:-2], layout.start - 1) for layout in layouts], each)


@dataclass(frozen=True)
class Matrix:
    """One of the matrices that are multiplied."""

    first: Name
    """Elements before it."""
    layout: Strided

    @property
    def steps(self) -> tuple[int, int]:
        """How far apart rows and columns are."""
        across, along = self.layout.strides[-2:]
        return across, along


def _pack(
    f: KernelFunction,
    product: Product,
    tile: RowTile,
    block: Block,
    b: Name,
    right: Matrix,
    packed: Name,
    before: int,
) -> None:
    """Bring the columns of a block, and of those it repeats, into vectors."""
    with ExitStack() as loops:
        number: Expression = Number(0)
        if block.repeats > 1:
            number = loops.enter_context(f.loop("block", 0, block.repeats - 1))
        k = loops.enter_context(f.loop("k", 1, product.inner))
        number_of_round: Expression = k
        target: Expression = Number(0)
        if tile.at_once > 1:
            number_of_round = plus(Binary("//", plus(k, -1), Number(tile.at_once)), 1)
            part = Binary("%", plus(k, -1), Number(tile.at_once))
            target = f.local("target", times(part, block.vectors))
        table = plus(plus(times(number, tile.rounds(product.inner)), number_of_round), before)
        column = f.local("column", Index(packed, table), VECTOR_TABLE)
        across, along = right.steps
        place = plus(plus(right.first, times(k, across)), times(number, block.count * along))
        source = f.local("source", plus(place, block.first * along - across))
        for vector in range(block.vectors):
            numbers: list[Expression] = [
                Index(b, plus(source, each * along + 1)) if each < block.count else Number(0)
                for each in range(vector * WIDTH, (vector + 1) * WIDTH)
            ]
            f.assign(Index(column, plus(target, vector + 1)), call("vector.create", *numbers))


def _block(
    f: KernelFunction,
    product: Product,
    tile: RowTile,
    block: Block,
    a: Name,
    left: Matrix,
    target: Name,
    packed: Name,
    before: int,
) -> None:
    """Multiply all rows by the columns of a block, and of those it repeats."""
    with ExitStack() as loops:
        if block.repeats > 1:
            number: Expression = loops.enter_context(f.loop("block", 0, block.repeats - 1))
        else:
            loops.enter_context(f.scope())
            number = Number(0)
        table = plus(times(number, tile.rounds(product.inner)), before)
        if not isinstance(table, Number):
            table = f.local("before", table)
        first = plus(plus(target, block.first), times(number, block.count))
        read = Operands(a, left.first, lambda k: Index(packed, plus(table, k)), (), left.steps)

        def finish(row: Expression, sums: Sequence[Sequence[Name]]) -> None:
            place = f.named("place", plus(first, times(row, product.columns)))
            for number, vectors in enumerate(sums):
                for column in range(block.count):
                    value = lane(vectors[column // WIDTH], column % WIDTH)
                    f.store(plus(place, number * product.columns + column + 1), value)

        emit_rows(f, product, tile, block, read, finish)
