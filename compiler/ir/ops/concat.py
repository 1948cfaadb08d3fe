"""Tensors joined along an axis."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import accumulate

from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.types import TensorType
from onnx2luau.compiler.ir.values import Value


@dataclass(frozen=True)
class Concat(Op):
    """Join along `axis`; all other extents are equal. ONNX Concat-13."""

    parts: tuple[Value, ...]
    axis: int

    def places(self) -> list[tuple[Value, int]]:
        """Return each part, and how many elements of the result stand before its first one."""
        step = math.prod(self.parts[0].shape[self.axis + 1 :])
        extents = [0, *(part.shape[self.axis] for part in self.parts[:-1])]
        return [(part, start * step) for part, start in zip(self.parts, accumulate(extents), strict=True)]

    def unchanged(self) -> Value | None:
        """Its part, if there is only one."""
        return self.parts[0] if len(self.parts) == 1 else None

    def canonical(self) -> Op:
        """Only what has elements is joined."""
        parts = tuple(part for part in self.parts if part.type.size)
        return replace(self, parts=parts) if 0 < len(parts) < len(self.parts) else self

    def before_transpose(
        self, permutation: tuple[int, ...], source: Callable[[Value], Value | None]
    ) -> Op | None:
        """Joined along the axis where it was."""
        parts = [part for part in map(source, self.parts) if part is not None]
        if len(parts) < len(self.parts):
            return None
        return Concat(tuple(parts), permutation[self.axis])

    def result_type(self) -> TensorType:
        """Result: the parts' shape, with the sum of their extents along `axis`."""
        if not self.parts:
            raise ValueError("concat takes at least one tensor")
        first = self.parts[0].type
        if not 0 <= self.axis < first.rank:
            raise ValueError(f"{first} has no axis {self.axis}")
        for part in self.parts:
            rest = [
                (a, b)
                for axis, (a, b) in enumerate(zip(first.shape, part.shape, strict=False))
                if axis != self.axis
            ]
            if part.type.rank != first.rank or part.type.dtype != first.dtype or any(a != b for a, b in rest):
                raise ValueError(f"{first} and {part.type} can't be joined along axis {self.axis}")
        extent = sum(part.shape[self.axis] for part in self.parts)
        return TensorType(first.dtype, (*first.shape[: self.axis], extent, *first.shape[self.axis + 1 :]))
