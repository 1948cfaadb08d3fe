"""Where the elements of a tensor lie in a flat table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from onnx2luau.backends.luau.syntax.nodes import Expression, Number
from onnx2luau.compiler.ir.types import strides


@dataclass(frozen=True)
class Strided:
    """Where the elements that a nest visits lie in a flat table: strides, and the first one (from 0)."""

    strides: tuple[int, ...]
    start: int = 0
    base: Expression = field(default_factory=lambda: Number(0))
    """A place known only at run time that is added to the start."""

    def broadcast(self, shape: tuple[int, ...], result: tuple[int, ...]) -> Strided:
        """Return it as seen through the larger shape that a tensor is broadcast to."""
        spread = [0] * len(result)
        for back in range(1, len(shape) + 1):
            if shape[-back] != 1:
                spread[-back] = self.strides[-back]
        return replace(self, strides=tuple(spread))


def broadcast_strides(shape: tuple[int, ...], result: tuple[int, ...]) -> tuple[int, ...]:
    """Row-major strides of a tensor seen through the larger shape it is broadcast to."""
    return Strided(strides(shape)).broadcast(shape, result).strides
