"""The largest or the smallest elements along an axis, and where they are."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.types import DType, TensorType
from onnx2luau.compiler.ir.values import Value


@dataclass(frozen=True)
class TopK(Op):
    """The `count` largest elements along `axis`, or the smallest, in order, and their places. ONNX TopK-11.

    Of equal elements the first comes first; NaN comes last. Results: the elements, and as i64 their places.
    """

    x: Value
    count: int
    axis: int
    largest: bool = True

    @property
    def decides(self) -> bool:
        """Which of two nearly equal elements is larger."""
        return True

    def density(self, read: float) -> float:
        """The largest elements are hardly the zeros among them."""
        del read
        return 1.0

    def result_types(self) -> tuple[TensorType, ...]:
        """Results: x's shape with `count` along the axis, of x's type and of i64."""
        if not 0 <= self.axis < self.x.type.rank:
            raise ValueError(f"{self.x.type} has no axis {self.axis}")
        if not 0 <= self.count <= self.x.shape[self.axis]:
            extent = self.x.shape[self.axis]
            raise ValueError(f"{self.count} of the {extent} elements of an axis can't be chosen")
        shape = (*self.x.shape[: self.axis], self.count, *self.x.shape[self.axis + 1 :])
        return TensorType(self.x.type.dtype, shape), TensorType(DType.I64, shape)
