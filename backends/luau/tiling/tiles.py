"""Tiles: neighbouring outputs of a row that are computed together, so that what is read serves several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from onnx2luau.backends.luau.emit.function import Function
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.scalars import emit_scalar
from onnx2luau.backends.luau.emit.singles import of_singles
from onnx2luau.backends.luau.plan.workspace import LANES
from onnx2luau.backends.luau.syntax.arithmetic import call, plus
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Field, Index, Name, Number
from onnx2luau.compiler.ir.scalars import IDENTITY, Scalar

MOST_REGISTERS = 165
"""For sums, weights, biases and inputs, out of the 200 locals of a function."""
MOST_STATEMENTS = 1200
LONGEST_TILE = {"client": 16, "server": 5}
"""Pixels a tile; native code is slower the more sums take turns in the registers of the processor."""
WORTH_A_TEST = 5
"""So many multiply-adds of vectors are worth a test; processors often guess wrong whether one is zero."""


@dataclass(frozen=True)
class Tile:
    """How the windows of neighbouring pixels lie on a row of the input."""

    pixels: int
    taps: int
    step: int
    dilation: int

    def reads(self) -> dict[int, list[tuple[int, int]]]:
        """Return, by place from the tile's first on, the pixels and the taps that meet there."""
        places: dict[int, list[tuple[int, int]]] = {}
        for pixel in range(self.pixels):
            for tap in range(self.taps):
                places.setdefault(pixel * self.step + tap * self.dilation, []).append((pixel, tap))
        return dict(sorted(places.items()))

    def locals(self, target: str) -> int:
        """Return how many locals the inputs of a row take in `add_row`."""
        return len(self.reads()) if goes_by_sum(self, target) else 1


@contextmanager
def overlapping(f: KernelFunction, hint: str, extent: int, length: int) -> Iterator[Expression]:
    """Run what is emitted inside for stretches that cover an axis; the last may repeat some places."""
    if extent == length:
        yield Number(0)
    else:
        with f.loop(hint, 0, extent - 1, length) as first:
            whole = extent % length == 0
            yield first if whole else f.local(hint, call("math.min", first, Number(extent - length)))


def goes_by_sum(tile: Tile, target: str) -> bool:
    """Whether an expression adds several taps to a sum, so that no input is skipped."""
    return target == "server" and tile.taps > 1


def add_row(
    f: KernelFunction,
    tile: Tile,
    x: Name,
    place: Expression,
    weights: Sequence[Sequence[Expression]],
    sums: Sequence[Sequence[Name]],
) -> None:
    """Add a row of the input to the sums [pixel][vector]; `weights` are [tap][vector], `place` lies before.

    The interpreter skips an input that is zero where much is done with it. Native code keeps a sum in a
    register of the processor while one expression adds every tap to it.
    """
    if goes_by_sum(tile, f.target):
        _by_sum(f, tile, x, place, weights, sums)
    else:
        _by_input(f, tile, x, place, weights, sums)


def _by_sum(
    f: KernelFunction,
    tile: Tile,
    x: Name,
    place: Expression,
    weights: Sequence[Sequence[Expression]],
    sums: Sequence[Sequence[Name]],
) -> None:
    values = {offset: f.local("v", Index(x, plus(place, offset + 1))) for offset in tile.reads()}
    for pixel, vectors in enumerate(sums):
        for vector, total in enumerate(vectors):
            sum_: Expression = total
            for tap in range(tile.taps):
                value = values[pixel * tile.step + tap * tile.dilation]
                sum_ = Binary("+", sum_, Binary("*", weights[tap][vector], value))
            f.assign(total, sum_)


def _by_input(
    f: KernelFunction,
    tile: Tile,
    x: Name,
    place: Expression,
    weights: Sequence[Sequence[Expression]],
    sums: Sequence[Sequence[Name]],
) -> None:
    value: Name | None = None
    for offset, uses in tile.reads().items():
        source = Index(x, plus(place, offset + 1))
        if value is None:
            value = f.local("v", source)
        else:
            f.assign(value, source)
        products = [
            (total, weight)
            for pixel, tap in uses
            for total, weight in zip(sums[pixel], weights[tap], strict=True)
        ]
        with ExitStack() as test:
            if len(products) >= WORTH_A_TEST:
                test.enter_context(f.when(Binary("~=", value, Number(0))))
            for total, weight in products:
                f.assign(total, Binary("*", weight, value), "+")


def is_plain(f: KernelFunction, activation: Scalar) -> bool:
    """Whether an activation is one expression, without locals."""
    trial = Function(set())
    emit_scalar(trial, f.constants, activation, [Name("v")])
    return not trial.body


def store(f: KernelFunction, activation: Scalar, values: Sequence[tuple[Expression, Expression]]) -> None:
    """Write sums, which are lanes, to the result, each at an index; the activation, too, if it is plain."""
    activation = of_singles(activation)
    if activation == IDENTITY or not is_plain(f, activation):
        for index, value in values:
            f.store(index, value)
        return
    name: Name | None = None
    for index, value in values:
        # One local for all: a function has 200.
        if name is None:
            name = f.local("v", value)
        else:
            f.assign(name, value)
        f.store(index, emit_scalar(f, f.constants, activation, [name]))


def activate(f: KernelFunction, activation: Scalar, size: int) -> None:
    """Apply an activation that `store` left out to the whole result."""
    activation = of_singles(activation)
    if is_plain(f, activation):
        return
    with f.loop("index", 1, size) as index:
        value = f.local("v", f.element(index))
        f.assign(f.element(index), emit_scalar(f, f.constants, activation, [value]))


def lane(vector: Name, index: int) -> Expression:
    """Return one number of a vector."""
    return Field(vector, LANES[index])
