"""A part of a tensor."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.types import TensorType
from onnx2luau.compiler.ir.values import Value


@dataclass(frozen=True)
class Slice(Op):
    """Along each axis: `extents` elements from `starts`, `steps` apart (a step may be negative)."""

    x: Value
    starts: tuple[int, ...]
    steps: tuple[int, ...]
    extents: tuple[int, ...]

    def unchanged(self) -> Value | None:
        """x, if all of it is taken in its order."""
        is_whole = self.extents == self.x.shape and all(step == 1 for step in self.steps)
        return self.x if is_whole else None

    def view(self, strides: tuple[int, ...], start: int) -> tuple[tuple[int, ...], int]:
        """Every so many elements, from another one on."""
        first = sum(place * stride for place, stride in zip(self.starts, strides, strict=True))
        return tuple(step * stride for step, stride in zip(self.steps, strides, strict=True)), start + first

    def result_type(self) -> TensorType:
        """Result: `extents`."""
        rank = self.x.type.rank
        if (len(self.starts), len(self.steps), len(self.extents)) != (rank, rank, rank):
            raise ValueError(f"a slice of {self.x.type} needs a start, a step and an extent for each axis")
        for axis, extent in enumerate(self.extents):
            first, last = self.starts[axis], self.starts[axis] + self.steps[axis] * (extent - 1)
            if extent < 0 or (extent and not (0 <= first < self.x.shape[axis] > last >= 0)):
                raise ValueError(f"a slice from {first} to {last} leaves axis {axis} of {self.x.type}")
        return TensorType(self.x.type.dtype, self.extents)
