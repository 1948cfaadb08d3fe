"""One channel to one output, three rows of the result at once: the lanes of a vector are neighbouring rows.

An input, broadcast, feeds the three rows, each with the weight of the tap that meets it there, or zero. The
weights of a channel stay in locals for all its pixels. An infinite or undefined input would make NaN of the
zeros: a tile in which that may have happened is computed again, plainly.

Golden kernels: conv_depthwise.
"""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import numpy as np

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.scalars import emit_scalar
from onnx2luau.backends.luau.emit.singles import as_single, in_range
from onnx2luau.backends.luau.instruction_costs import COSTS
from onnx2luau.backends.luau.program import WIDTH, Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import call, plus, times
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Name, Number
from onnx2luau.backends.luau.tiling.planes import Plane, bordered, plane_of
from onnx2luau.backends.luau.tiling.tiles import (
    LONGEST_TILE,
    MOST_REGISTERS,
    MOST_STATEMENTS,
    Tile,
    activate,
    add_row,
    is_plain,
    lane,
    overlapping,
    store,
)
from onnx2luau.compiler.ir.ops.conv import Conv
from onnx2luau.compiler.ir.scalars import IDENTITY


@dataclass(frozen=True)
class Band:
    """A tile of neighbouring pixels in up to three rows."""

    plane: Plane
    pixels: int

    @property
    def lanes(self) -> int:
        """The rows that are computed at once."""
        return min(WIDTH, self.plane.rows.windows)

    @property
    def tile(self) -> Tile:
        """The windows of one row."""
        columns = self.plane.columns
        return Tile(self.pixels, columns.kernel, columns.step, columns.dilation)

    def taps(self) -> dict[int, list[int | None]]:
        """Return, by row of the input from the first on, the row of the kernel that meets it in each lane."""
        rows = self.plane.rows
        met: dict[int, list[int | None]] = {}
        for each in range(self.lanes):
            for tap in range(rows.kernel):
                line = met.setdefault(each * rows.step + tap * rows.dilation, [None] * WIDTH)
                line[each] = tap
        return dict(sorted(met.items()))

    def fits(self, target: str) -> bool:
        """Whether sums, weights and inputs fit into the locals of a function."""
        columns, rows = self.plane.columns.kernel, self.plane.rows.kernel
        lines = len(self.taps())
        registers = self.pixels + columns * (lines + rows) + lines * self.tile.locals(target)
        statements = self.pixels * (lines * columns + 2 * WIDTH)
        return registers <= MOST_REGISTERS and statements <= MOST_STATEMENTS

    def nanoseconds(self, target: str) -> float:
        """Estimate one channel."""
        each = COSTS[target]
        work = self.pixels * self.tile.taps * 2 * each.arithmetic
        line = len(self.tile.reads()) * (each.load + each.arithmetic) + work
        finish = self.lanes * self.pixels * (2 * each.load + 3 * each.arithmetic)
        lines = len(self.taps())
        tile = 2 * each.loop + lines * line + finish + self.pixels * 2 * each.arithmetic
        weights = self.tile.taps * (self.plane.rows.kernel * each.load + lines * 3 * each.load)
        across = -(-self.plane.columns.windows // self.pixels)
        return weights + -(-self.plane.rows.windows // self.lanes) * across * tile


def match(op: Conv, site: Site) -> Match | None:
    """A tap of three rows is two operations for each row of the input that meets them.

    Each output has to see one channel, and constants have to be finite.
    """
    weight = site.array(op.weight)
    if weight is None or not site.is_rows or (op.bias is not None and site.array(op.bias) is None):
        return None
    if op.weight.shape[1] != 1 or not np.isfinite(weight).all():
        return None
    band = _band(op, site.target)
    if band is None:
        return None
    cost = op.x.shape[0] * op.weight.shape[0] * band.nanoseconds(site.target)
    return Match(cost, partial(_emit, op, band), by_element=True, stores_once=op.activation == IDENTITY)


def _emit(op: Conv, band: Band, f: KernelFunction) -> None:
    """Write loops over outputs, bands of rows, and tiles."""
    plane, outputs = band.plane, op.weight.shape[0]
    x, weights = f.read(op.x), f.weights(op.weight, "weights")
    bias = f.read(op.bias, "bias") if op.bias is not None else None
    with ExitStack() as loops:
        source: Expression = Number(0)
        target: Expression = Number(0)
        if op.x.shape[0] > 1:
            batch = loops.enter_context(f.loop("batch", 0, op.x.shape[0] - 1))
            source = times(batch, math.prod(op.x.shape[1:]))
            target = times(batch, math.prod(op.result_type().shape[1:]))
        table, base = bordered(f, plane, op.x.shape[1], x, source)
        output = loops.enter_context(f.loop("output", 0, outputs - 1))
        channel: Expression = output
        if outputs > op.groups:
            channel = call("math.floor", Binary("/", output, Number(outputs // op.groups)))
        first = f.local("first", plus(base, times(channel, plane.size)))
        target = f.local("place", plus(target, times(output, plane.rows.windows * plane.columns.windows)))
        total = f.local("bias", Index(bias, plus(output, 1)) if bias is not None else Number(0))
        kernel = f.local("kernel", times(output, plane.rows.kernel * plane.columns.kernel))
        _channel(op, f, band, table, first, weights, kernel, total, target)
    activate(f, op.activation, op.result_type().size)


def _band(op: Conv, target: str) -> Band | None:
    plane = plane_of(op)
    if plane is None:
        return None
    bands = [Band(plane, pixels) for pixels in range(1, min(plane.columns.windows, LONGEST_TILE[target]) + 1)]
    fitting = [band for band in bands if band.fits(target)]
    return min(fitting, key=lambda band: band.nanoseconds(target), default=None)


def _channel(
    op: Conv,
    f: KernelFunction,
    band: Band,
    table: Name,
    first: Name,
    weights: Name,
    kernel: Name,
    bias: Name,
    target: Name,
) -> None:
    """Emit the loops over bands and tiles; `first`, `kernel` and `target` lie before the channel."""
    plane, width = band.plane, band.plane.extents[1]
    start = f.local("start", call("vector.create", bias, bias, bias), "vector")
    lines = _lines(f, band, weights, kernel)
    with ExitStack() as loops:
        top = loops.enter_context(overlapping(f, "top", plane.rows.windows, band.lanes))
        left = loops.enter_context(overlapping(f, "left", plane.columns.windows, band.pixels))
        sums = [f.local("sum", start, "vector") for _ in range(band.pixels)]
        across = times(left, plane.columns.step)
        source = f.local("source", plus(plus(first, times(top, plane.rows.step * width)), across))
        for line, row in lines.items():
            add_row(f, band.tile, table, plus(source, line * width), row, [[total] for total in sums])
        before = f.local("before", plus(plus(target, times(top, plane.columns.windows)), left))
        values = [
            (plus(before, each * plane.columns.windows + pixel + 1), lane(sums[pixel], each))
            for each in range(band.lanes)
            for pixel in range(band.pixels)
        ]
        store(f, op.activation, values)
        with f.when(_is_undefined(f, sums)):
            _again(op, f, band, table, source, weights, kernel, bias, before)


def _lines(f: KernelFunction, band: Band, weights: Name, kernel: Name) -> dict[int, list[list[Name]]]:
    """Make the vectors of weights, by row of the input and as [tap][1]."""
    columns = band.plane.columns.kernel
    numbers = [
        f.local("w", Index(weights, plus(kernel, index + 1)))
        for index in range(band.plane.rows.kernel * columns)
    ]
    lines: dict[int, list[list[Name]]] = {}
    for line, met in band.taps().items():
        lines[line] = []
        for column in range(columns):
            lanes = [Number(0) if tap is None else numbers[tap * columns + column] for tap in met]
            lines[line].append([f.local("taps", call("vector.create", *lanes), "vector")])
    return lines


def _is_undefined(f: KernelFunction, sums: list[Name]) -> Expression:
    """Return the test that a lane of the sums may be NaN."""
    total = sums[0]
    if len(sums) > 1:
        joined: Expression = sums[0]
        for each in sums[1:]:
            joined = Binary("+", joined, each)
        total = f.local("total", joined, "vector")
    number = f.local("number", plus(plus(lane(total, 0), lane(total, 1)), lane(total, 2)))
    return Binary("~=", number, number)


def _again(
    op: Conv,
    f: KernelFunction,
    band: Band,
    table: Name,
    source: Name,
    weights: Name,
    kernel: Name,
    bias: Name,
    before: Name,
) -> None:
    """Compute a band one number after another, as the definition says."""
    rows, columns, width = band.plane.rows, band.plane.columns, band.plane.extents[1]
    with ExitStack() as loops:
        row = loops.enter_context(f.loop("row", 0, band.lanes - 1))
        pixel = loops.enter_context(f.loop("pixel", 1, band.pixels))
        total = f.local("total", bias)
        place = plus(
            source, plus(times(row, rows.step * width), plus(times(pixel, columns.step), 1 - columns.step))
        )
        corner = f.local("corner", place)
        with f.loop("i", 0, rows.kernel - 1) as i, f.loop("j", 0, columns.kernel - 1) as j:
            value = Index(
                table, plus(plus(corner, times(i, rows.dilation * width)), times(j, columns.dilation))
            )
            weight = Index(weights, plus(plus(plus(kernel, times(i, columns.kernel)), j), 1))
            f.assign(total, Binary("*", value, weight), "+")
        # What is not plain is done afterwards, by `activate`, which takes singles.
        body = in_range(op.activation) if is_plain(f, op.activation) else as_single(op.activation)
        result = emit_scalar(f, f.constants, body, [total])
        f.store(plus(before, plus(times(row, columns.windows), pixel)), result)
