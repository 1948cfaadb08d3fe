"""Tensors joined along an axis."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.types import TensorType
from onnx2luau.compiler.ir.values import Op, Value


@dataclass(frozen=True)
class Concat(Op):
    """Join along `axis`; all other extents are equal. ONNX Concat-13."""

    parts: tuple[Value, ...]
    axis: int

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
