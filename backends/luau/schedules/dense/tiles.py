"""Tiles of rows: a layer over several rows reads its weights once for all rows of a tile.

Golden kernels: dense_tiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from onnx2luau.backends.luau.emit.constants import COLUMNS, JOINED_COLUMNS, VECTORS
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.plan.workspace import TABLES
from onnx2luau.backends.luau.program import WIDTH, Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import plus, times
from onnx2luau.backends.luau.syntax.nodes import Expression, Index, Name, Number
from onnx2luau.backends.luau.tiling.live import Constants, dense_constants
from onnx2luau.backends.luau.tiling.row_tiles import Block, Operands, Product, RowTile, emit_rows
from onnx2luau.backends.luau.tiling.tiles import activate, lane, store
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.scalars import IDENTITY


def match(op: Dense, site: Site) -> Match | None:
    """A multiply-add of three outputs is two operations; what is read serves a tile of rows."""
    tiled = tiled_dense(op, site)
    if tiled is None:
        return None
    is_final = op.activation == IDENTITY
    return Match(tiled.cost, tiled.emit, by_element=True, stores_once=is_final)


def tiled_dense(op: Dense, site: Site) -> TiledDense | None:
    """Return how a layer is computed in tiles, if that is right."""
    known = dense_constants(op, site)
    if known is None or site.has_lanes or not op.result_type().size or not known.inputs:
        return None
    product = Product(op.x.type.size // known.inputs, known.inputs, known.outputs)
    return TiledDense(op, known, product, *product.tile(site))


@dataclass(frozen=True)
class TiledDense:
    """A layer, its numbers, and how its product is divided."""

    op: Dense
    known: Constants
    product: Product
    tile: RowTile
    cost: float

    def emit(self, f: KernelFunction) -> None:
        """Write the layer."""
        x = f.read(self.op.x)
        for block in self.product.blocks(self.tile):
            self._block(block, x, f)
        activate(f, self.op.activation, self.product.rows * self.product.columns)

    def _block(self, block: Block, x: Name, f: KernelFunction) -> None:
        known, product = self.known, self.product
        at_once = self.tile.at_once
        packing = COLUMNS if at_once == 1 else JOINED_COLUMNS
        extents = (known.inputs, block.count) if at_once == 1 else (known.inputs, block.count, at_once)
        firsts = range(block.first, block.first + block.repeats * block.count, block.count)
        matrices = [known.weight[first : first + block.count] for first in firsts]
        hint = f"{f.kernel_name} columns"
        with ExitStack() as loops:
            first: Expression = Number(block.first)
            before: Expression = Number(block.first // WIDTH)
            if block.repeats > 1:
                columns = f.constants.list_of_packed(matrices, packing, extents, hint)
                number = loops.enter_context(f.loop("block", 0, block.repeats - 1))
                columns = f.local("columns", Index(columns, plus(number, 1)), TABLES)
                first = f.named("first", times(number, block.count))
                before = times(number, block.vectors)
            else:
                columns = f.constants.packed(matrices[0], packing, extents, hint)
                loops.enter_context(f.scope())
            starts = _starts(known, block, before, f)
            steps = (known.inputs, 1)
            read = Operands(x, Number(0), lambda k: Index(columns, k), starts, steps, self.op.before)

            def finish(row: Expression, sums: Sequence[Sequence[Name]]) -> None:
                place = f.named("place", plus(times(row, product.columns), first))
                values = [
                    (
                        plus(place, number * product.columns + each + 1),
                        lane(vectors[each // WIDTH], each % WIDTH),
                    )
                    for number, vectors in enumerate(sums)
                    for each in range(block.count)
                ]
                store(f, self.op.activation, values)

            emit_rows(f, product, self.tile, block, read, finish)


def _starts(known: Constants, block: Block, before: Expression, f: KernelFunction) -> Sequence[Expression]:
    """Read the bias of a block into locals; none where there is none."""
    if known.bias is None:
        return ()
    table = f.constants.packed(known.bias, VECTORS, (known.outputs,), f"{f.kernel_name} bias")
    return [
        f.local("start", Index(table, plus(before, vector + 1)), "vector") for vector in range(block.vectors)
    ]
