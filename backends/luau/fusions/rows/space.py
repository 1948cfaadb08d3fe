"""The elements that a group of nodes runs over, as rows of equal length, whatever shapes the tensors have."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from onnx2luau.compiler.ir.types import strides

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Space:
    """`rows` times `length` elements, divided into extents that every tensor's axes are products of."""

    rows: int
    length: int
    outer: Shape
    """Extents whose product is `rows`."""
    inner: Shape
    """Extents whose product is `length`."""

    def strides_of(self, own: Shape, result: Shape) -> Shape | None:
        """Return how far apart the elements of a tensor are along the extents.

        `own` are its strides as broadcast to `result`.

        The result has all elements, or one for each row. None if one of its axes lies across the extents.
        """
        each = self.length if math.prod(result) == self.rows else 1
        places = [place * each for place in strides(result)]
        found = []
        for place, extent in self._places():
            axes = [
                axis
                for axis, (first, count) in enumerate(zip(places, result, strict=True))
                if first <= place < first * count
            ]
            if place < each:
                found.append(0)
            elif len(axes) == 1 and extent * place <= places[axes[0]] * result[axes[0]]:
                found.append(own[axes[0]] * (place // places[axes[0]]))
            else:
                return None
        return tuple(found)

    @property
    def all_strides(self) -> Shape:
        """The strides of a tensor with all elements."""
        return strides((*self.outer, *self.inner))

    @property
    def row_strides(self) -> Shape:
        """The strides of a tensor with an element for each row."""
        return (*strides(self.outer), *[0] * len(self.inner))

    def _places(self) -> list[tuple[int, int]]:
        extents = (*self.outer, *self.inner)
        return list(zip(strides(extents), extents, strict=True))


def space_of(rows: int, length: int, shapes: Iterable[Shape]) -> Space | None:
    """Return the space of results with these shapes; None where their axes overlap in parts."""
    ends = {length, rows * length}
    for shape in shapes:
        each = length if math.prod(shape) == rows else 1
        ends |= {place * each for place in strides(shape)} | {math.prod(shape) * each}
    steps = [1, *sorted(ends - {1})]
    if any(larger % smaller for smaller, larger in pairwise(steps)):
        return None
    inner = [larger // step for step, larger in pairwise(steps) if larger <= length]
    outer = [larger // step for step, larger in pairwise(steps) if larger > length]
    return Space(rows, length, tuple(reversed(outer)), tuple(reversed(inner)))
