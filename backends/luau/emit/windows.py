"""Loops over the taps of a sliding window, those outside the tensor left out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from onnx2luau.backends.luau.emit.function import Function
from onnx2luau.backends.luau.syntax.arithmetic import plus, times
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Name, Number
from onnx2luau.compiler.ir.types import strides


@dataclass(frozen=True)
class Axis:
    """One spatial axis: its extent, and how windows and taps lie on it."""

    extent: int
    kernel: int
    step: int
    begin: int
    dilation: int
    windows: int

    @property
    def has_hollow_window(self) -> bool:
        """Whether a window meets the axis with none of its taps."""
        firsts = range(-self.begin, -self.begin + self.windows * self.step, self.step)
        reach = self.dilation * self.kernel
        return any(
            all(not 0 <= place < self.extent for place in range(first, first + reach, self.dilation))
            for first in firsts
        )

    @property
    def last(self) -> int:
        """The place of the last tap of the last window."""
        return (self.windows - 1) * self.step - self.begin + self.dilation * (self.kernel - 1)


def window_axes(
    extents: tuple[int, ...],
    kernel: tuple[int, ...],
    steps: tuple[int, ...],
    pads: tuple[int, ...],
    dilations: tuple[int, ...],
    windows: tuple[int, ...],
) -> list[Axis]:
    """Return the axes of a Conv or Pool; `pads` has all the begins first."""
    return [
        Axis(*each)
        for each in zip(extents, kernel, steps, pads[: len(extents)], dilations, windows, strict=True)
    ]


def tap_loops(
    f: Function,
    axes: list[Axis],
    windows: list[Name],
    tap: Callable[[Expression, Expression], None],
) -> None:
    """Emit loops over the taps of the window at `windows` (counted from 0).

    `tap` gets what lies before the tapped element in one channel of the tensor, and before the tap in one
    channel of the kernel.
    """
    tensor = strides(tuple(axis.extent for axis in axes))
    kernel = strides(tuple(axis.kernel for axis in axes))
    position: Expression = Number(0)
    offset: Expression = Number(0)
    with ExitStack() as loops:
        for axis, window, stride, tap_stride in zip(axes, windows, tensor, kernel, strict=True):
            place = times(window, axis.step)
            if axis.kernel > 1:
                variable = loops.enter_context(f.loop("t", 0, axis.kernel - 1))
                place = plus(place, times(variable, axis.dilation))
                offset = plus(offset, times(variable, tap_stride))
            place = plus(place, -axis.begin)
            if not isinstance(place, Name):
                place = f.local("at", place)
            inside = _inside(axis, place)
            if inside is not None:
                loops.enter_context(f.when(inside))
            position = plus(position, times(place, stride))
        tap(position, offset)


def _inside(axis: Axis, place: Expression) -> Expression | None:
    """Return the test that a place is on the axis, without the halves that always hold."""
    low = Binary(">=", place, Number(0)) if axis.begin > 0 else None
    high = Binary("<", place, Number(axis.extent)) if axis.last >= axis.extent else None
    return Binary("and", low, high) if low and high else low or high
