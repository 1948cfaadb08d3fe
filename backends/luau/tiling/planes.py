"""Convolutions over rows and columns: their axes, and an input with a border of zeros around it."""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import dataclass

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.windows import Axis, window_axes
from onnx2luau.backends.luau.syntax.arithmetic import call, plus, times
from onnx2luau.backends.luau.syntax.nodes import Expression, Name, Number
from onnx2luau.compiler.ir.ops.conv import Conv

ONE = Axis(extent=1, kernel=1, step=1, begin=0, dilation=1, windows=1)


@dataclass(frozen=True)
class Plane:
    """One channel as rows and columns."""

    rows: Axis
    columns: Axis

    @property
    def is_padded(self) -> bool:
        """Whether windows reach over the border."""
        return any(axis.begin > 0 or axis.last >= axis.extent for axis in (self.rows, self.columns))

    @property
    def extents(self) -> tuple[int, int]:
        """Rows and columns of what is read: the channel, or the channel and its border."""
        rows, columns = (
            axis.begin + max(axis.extent, axis.last + 1) if self.is_padded else axis.extent
            for axis in (self.rows, self.columns)
        )
        return rows, columns

    @property
    def size(self) -> int:
        """The elements of a channel that is read."""
        return math.prod(self.extents)


def plane_of(op: Conv) -> Plane | None:
    """Return the axes of a convolution, or None where it has more than two that can't be joined."""
    spatial, kernel = op.x.shape[2:], op.weight.shape[2:]
    windows = op.result_type().shape[2:]
    if math.prod(kernel) == math.prod(op.strides) == 1 and not any(op.pads):
        pixels = math.prod(spatial)
        return Plane(ONE, Axis(pixels, 1, 1, 0, 1, pixels))
    axes = window_axes(spatial, kernel, op.strides, op.pads, op.dilations, windows)
    return Plane(*[ONE, ONE, *axes][-2:]) if len(axes) <= 2 else None


def bordered(
    f: KernelFunction, plane: Plane, channels: int, x: Name, base: Expression
) -> tuple[Name, Expression]:
    """Return a table with the channels one after another, and what lies before the first.

    Where windows reach over the border, that is a copy, whose border stays zero: only the inside is written.
    """
    if not plane.is_padded:
        return x, base
    rows, columns = plane.rows, plane.columns
    width = plane.extents[1]
    copy = f.work_table(channels * plane.size, "bordered")
    with ExitStack() as loops:
        source, target = base, Number(rows.begin * width + columns.begin + 1)
        place: Expression = target
        for extent, own, other in (
            (channels, rows.extent * columns.extent, plane.size),
            (rows.extent, columns.extent, width),
        ):
            if extent > 1:
                variable = loops.enter_context(f.loop("line", 0, extent - 1))
                source, place = plus(source, times(variable, own)), plus(place, times(variable, other))
        first = f.local("from", plus(source, 1))
        f.do(call("table.move", x, first, plus(first, columns.extent - 1), place, copy))
    return copy, Number(0)
