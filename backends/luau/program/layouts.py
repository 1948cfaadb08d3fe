"""How a tensor lies in memory: the question between a kernel that writes it and those that read it."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.types import strides
from onnx2luau.compiler.ir.values import Value

WIDTH = 3
"""Numbers of a vector."""
SAMPLES = -1
"""Instead of an axis: three samples of a batch, each with a number in every vector."""


@dataclass(frozen=True)
class Rows:
    """A table of numbers, the last axis running fastest."""

    def __str__(self) -> str:
        return "rows"


@dataclass(frozen=True)
class Lanes:
    """A table of vectors, each of which holds three neighbours along an axis; zeros fill the last one up."""

    axis: int
    """`SAMPLES`: each holds one element of three samples."""

    def vectors(self, value: Value) -> int:
        """Return how many vectors hold a tensor."""
        return value.type.size if self.axis == SAMPLES else -(-value.type.size // WIDTH)

    def __str__(self) -> str:
        return "lanes of three samples" if self.axis == SAMPLES else f"lanes({self.axis})"


@dataclass(frozen=True)
class View:
    """A part of another tensor's table, read in place: an element lies at start + strides . its indices."""

    of: Value
    strides: tuple[int, ...]
    start: int = 0
    """Elements before the first one."""

    def is_whole(self, value: Value) -> bool:
        """Whether the elements follow each other from the table's first on, as in rows."""
        return not self.start and self.strides == strides(value.shape)

    def __str__(self) -> str:
        place = f" from {self.start}" if self.start else ""
        return f"view of %{self.of.name} by {list(self.strides)}{place}"


@dataclass(frozen=True)
class Segment(View):
    """A view that its own kernel writes: what is joined is computed where the joined tensor lies."""

    def __str__(self) -> str:
        return f"segment of %{self.of.name} from {self.start}"


Layout = Rows | Lanes | View
ROWS = Rows()
