"""How a convolution is divided: outputs into blocks, the pixels of a row into tiles."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.backends.luau.instruction_costs import COSTS
from onnx2luau.backends.luau.program import WIDTH
from onnx2luau.backends.luau.tiling.planes import Plane, plane_of
from onnx2luau.backends.luau.tiling.tiles import (
    LONGEST_TILE,
    MOST_REGISTERS,
    MOST_STATEMENTS,
    Tile,
    goes_by_sum,
)
from onnx2luau.compiler.ir.ops.conv import Conv


@dataclass(frozen=True)
class Blocking:
    """How the outputs of a group and the pixels of a row are divided."""

    plane: Plane
    groups: int
    channels: int
    outputs: int
    """Of a group."""
    pixels: int
    vectors: int
    """Of a block of outputs."""
    taps: int
    """So many of a row of the kernel are read at once: all, or a part of a long row."""

    @property
    def count(self) -> int:
        """The outputs of a block."""
        return min(self.outputs, self.vectors * WIDTH)

    @property
    def firsts(self) -> list[int]:
        """The first output of each block in its group."""
        starts = range(0, self.outputs, self.count)
        return [min(start, self.outputs - self.count) for start in starts]

    @property
    def tile(self) -> Tile:
        """The windows of a tile."""
        columns = self.plane.columns
        return Tile(self.pixels, self.taps, columns.step, columns.dilation)

    @property
    def stretches(self) -> int:
        """How many times a row of the kernel is read until it is at its end."""
        return self.plane.columns.kernel // self.taps

    def fits(self, target: str) -> bool:
        """Whether sums, weights, biases and inputs fit into the locals of a function."""
        registers = self.vectors * (self.pixels + self.taps + 1) + self.tile.locals(target)
        statements = self.vectors * self.pixels * (self.taps + 2 * WIDTH)
        return registers <= MOST_REGISTERS and statements <= MOST_STATEMENTS

    def nanoseconds(self, target: str, density: float) -> float:
        """Estimate a run on one sample, of whose inputs a share is not zero."""
        each = COSTS[target]
        taps = self.taps
        work = self.pixels * taps * self.vectors * 2 * each.arithmetic
        inputs = len(self.tile.reads()) * (each.load + each.arithmetic + each.test)
        weights = 5 * each.load + taps * self.vectors * each.load / 2
        live = 1 if goes_by_sum(self.tile, target) else density
        row = 2 * each.loop + weights + inputs + live * work
        finish = self.pixels * self.count * (2 * each.load + 3 * each.arithmetic)
        tiles = self.plane.rows.windows * -(-self.plane.columns.windows // self.pixels)
        blocks = self.groups * len(self.firsts)
        rows = self.channels * self.plane.rows.kernel * self.stretches
        return tiles * blocks * (rows * row + finish)


def blocking_of(op: Conv, target: str, density: float) -> Blocking | None:
    """Return the cheapest division, or None where there is none; rows of a kernel stay whole if they fit."""
    plane = plane_of(op)
    if plane is None:
        return None
    kernel = plane.columns.kernel
    parts = [taps for taps in range(1, min(kernel, MOST_REGISTERS)) if kernel % taps == 0]
    fitting = _fitting(op, plane, target, [kernel]) or _fitting(op, plane, target, parts)
    return min(fitting, key=lambda blocking: blocking.nanoseconds(target, density), default=None)


def _fitting(op: Conv, plane: Plane, target: str, choices: list[int]) -> list[Blocking]:
    """Return every division that fits into a function, with so many taps at once as are to choose from."""
    outputs = op.weight.shape[0] // op.groups
    vectors = -(-outputs // WIDTH)
    known = (
        Blocking(plane, op.groups, op.weight.shape[1], outputs, pixels, -(-vectors // blocks), taps)
        for blocks in range(1, vectors + 1)
        for pixels in range(1, min(plane.columns.windows, LONGEST_TILE[target]) + 1)
        for taps in choices
    )
    return [blocking for blocking in known if blocking.fits(target)]
