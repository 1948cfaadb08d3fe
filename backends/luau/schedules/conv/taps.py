"""Weights of a tap as vectors along the outputs: one input, broadcast, feeds every output at once.

A tile of pixels is computed together, its sums in locals. For each channel and row of the kernel the weights
are read once and serve every pixel of the tile, those of a long row by stretches; an input is read once for
all taps that meet on it, and skipped if it is zero. Lanes are f32, so sums round as ONNX Runtime's do.

Golden kernels: conv_taps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import numpy as np

from onnx2luau.backends.luau.emit.constants import TAPS, VECTORS
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.program import WIDTH, Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import call, plus, times
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Local, Name, Number, Parameter
from onnx2luau.backends.luau.tiling.blocks import Blocking, blocking_of
from onnx2luau.backends.luau.tiling.planes import bordered
from onnx2luau.backends.luau.tiling.tiles import activate, add_row, lane, overlapping, store
from onnx2luau.compiler.ir.ops.conv import Conv
from onnx2luau.compiler.ir.scalars import IDENTITY
from onnx2luau.compiler.ir.types import Array


def match(op: Conv, site: Site) -> Match | None:
    """A weight is two operations a pixel; reading it and the inputs is shared by the pixels of a tile.

    Constants have to be finite: an infinite one times a skipped zero would be NaN.
    """
    weight, bias = site.array(op.weight), site.array(op.bias)
    if weight is None or not site.is_rows or not np.isfinite(weight).all():
        return None
    if bias is None:
        bias = np.zeros(len(weight), weight.dtype)
        if op.bias is not None:
            return None
    blocking = blocking_of(op, site.target, site.density)
    if blocking is None:
        return None
    cost = op.x.shape[0] * blocking.nanoseconds(site.target, site.density)
    emit = partial(_emit, op, weight, bias, blocking)
    return Match(cost, emit, by_element=True, stores_once=op.activation == IDENTITY)


def _emit(op: Conv, weight: Array, bias: Array, blocking: Blocking, f: KernelFunction) -> None:
    """Write loops over blocks of outputs, rows and tiles around those over channels and kernel rows."""
    extents = (blocking.groups, blocking.outputs, blocking.count, weight[0].size, blocking.taps)
    weights = f.constants.packed(weight, TAPS, extents, f"{f.kernel_name} taps")
    by_block = _by_block(blocking, bias)
    biases = f.constants.packed(by_block, VECTORS, (by_block.size,), f"{f.kernel_name} bias")
    x = f.read(op.x)
    samples = op.x.shape[0]
    with ExitStack() as loops:
        source: Expression = Number(0)
        target: Expression = Number(0)
        if samples > 1:
            batch = loops.enter_context(f.loop("batch", 0, samples - 1))
            source = times(batch, math.prod(op.x.shape[1:]))
            target = times(batch, math.prod(op.result_type().shape[1:]))
        table, base = bordered(f, blocking.plane, op.x.shape[1], x, source)
        for block, first, place in _blocks(f, blocking, base):
            starts = _read(f, biases, times(block, blocking.vectors), blocking.vectors)
            _pixels(op, f, blocking, table, place, weights, block, starts, plus(target, first))
    activate(f, op.activation, op.result_type().size)


def _by_block(blocking: Blocking, bias: Array) -> Array:
    """Return a bias [outputs] as [groups * blocks * vectors * WIDTH], each block filled up with zeros."""
    grouped = bias.reshape(blocking.groups, blocking.outputs)
    chosen = np.stack([grouped[:, first : first + blocking.count] for first in blocking.firsts], 1)
    missing = blocking.vectors * WIDTH - blocking.count
    return np.pad(chosen, ((0, 0), (0, 0), (0, missing))).ravel()


def _blocks(
    f: KernelFunction, blocking: Blocking, base: Expression
) -> Iterator[tuple[Expression, Expression, Expression]]:
    """Yield in loops over groups and blocks: the block's number, what lies before it in result and input."""
    windows = blocking.plane.rows.windows * blocking.plane.columns.windows
    block: Expression = Number(0)
    output: Expression = Number(0)
    blocks = len(blocking.firsts)
    with ExitStack() as loops:
        if blocking.groups > 1:
            group = loops.enter_context(f.loop("group", 0, blocking.groups - 1))
            block, output = times(group, blocks), times(group, blocking.outputs)
            base = f.local("channels", plus(base, times(group, blocking.channels * blocking.plane.size)))
        if blocks > 1:
            first = loops.enter_context(overlapping(f, "output", blocking.outputs, blocking.count))
            number = call("math.ceil", Binary("/", first, Number(blocking.count)))
            block, output = f.local("block", plus(block, number)), plus(output, first)
        yield block, times(output, windows), base


def _read(f: KernelFunction, table: Name, before: Expression, count: int) -> list[Name]:
    return [f.local("start", Index(table, plus(before, index + 1)), "vector") for index in range(count)]


def _pixels(
    op: Conv,
    f: KernelFunction,
    blocking: Blocking,
    table: Name,
    base: Expression,
    weights: Name,
    block: Expression,
    starts: list[Name],
    target: Expression,
) -> None:
    """Emit the loops over rows and tiles; `base` and `target` lie before what is read and written."""
    rows, columns = blocking.plane.rows, blocking.plane.columns
    width = blocking.plane.extents[1]
    size = rows.windows * columns.windows
    with ExitStack() as loops:
        row: Expression = Number(0)
        # Where a tile is all there is, a loop of one round still ends the lives of its many locals.
        if rows.windows > 1 or blocking.pixels == columns.windows:
            row = loops.enter_context(f.loop("row", 0, rows.windows - 1))
        left = loops.enter_context(overlapping(f, "left", columns.windows, blocking.pixels))
        sums = [[f.local("sum", start, "vector") for start in starts] for _ in range(blocking.pixels)]
        place = plus(plus(base, times(row, rows.step * width)), times(left, columns.step))
        _accumulate(f, blocking, table, place, weights, block, sums)
        before = f.local("place", plus(plus(target, times(row, columns.windows)), left))
        values = [
            (plus(before, output * size + pixel + 1), lane(sums[pixel][output // WIDTH], output % WIDTH))
            for output in range(blocking.count)
            for pixel in range(blocking.pixels)
        ]
        store(f, op.activation, values)


def _accumulate(
    f: KernelFunction,
    blocking: Blocking,
    table: Name,
    place: Expression,
    weights: Name,
    block: Expression,
    sums: list[list[Name]],
) -> None:
    """Add every channel and row of the kernel to the sums of a tile."""
    plane, rows, columns = blocking.plane, blocking.plane.rows, blocking.plane.columns
    each = blocking.channels * rows.kernel * blocking.stretches
    first = f.local("first", place)
    if each == 1:
        taps = _weights(f, blocking, Index(weights, plus(block, 1)))
        add_row(f, blocking.tile, table, first, taps, sums)
        return
    column = f.local("column", times(block, each))
    with ExitStack() as loops:
        if blocking.channels > 1:
            last = plus(first, (blocking.channels - 1) * plane.size)
            first = loops.enter_context(f.loop("channel", first, last, plane.size))
        if rows.kernel > 1:
            stride = rows.dilation * plane.extents[1]
            first = loops.enter_context(
                f.loop("line", first, plus(first, (rows.kernel - 1) * stride), stride)
            )
        if blocking.stretches > 1:
            stretch = blocking.taps * columns.dilation
            last = plus(first, (blocking.stretches - 1) * stretch)
            first = loops.enter_context(f.loop("stretch", first, last, stretch))
        f.assign(column, Number(1), "+")
        taps = _weights(f, blocking, Index(weights, column))
        add_row(f, blocking.tile, table, first, taps, sums)


def _weights(f: KernelFunction, blocking: Blocking, column: Expression) -> list[list[Name]]:
    """Read the weights of a row of taps, as [tap][vector]."""
    taps, vectors = blocking.taps, blocking.vectors
    table = f.local("w", column)
    if f.target == "client":
        # One call is cheaper than many reads in the interpreter.
        names = [f.name("w") for _ in range(taps * vectors)]
        f.add(Local(tuple(Parameter(name.text) for name in names), (call("table.unpack", table),)))
    else:
        names = [f.local("w", Index(table, Number(n + 1)), "vector") for n in range(taps * vectors)]
    return [names[tap * vectors : (tap + 1) * vectors] for tap in range(taps)]
