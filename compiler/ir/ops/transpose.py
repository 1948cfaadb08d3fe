"""A new order of axes."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.types import TensorType
from onnx2luau.compiler.ir.values import Op, Value


@dataclass(frozen=True)
class Transpose(Op):
    """Axis i of the result is axis permutation[i] of x. ONNX Transpose-13."""

    x: Value
    permutation: tuple[int, ...]

    def result_type(self) -> TensorType:
        """Result: x's extents in the new order."""
        if sorted(self.permutation) != list(range(self.x.type.rank)):
            raise ValueError(f"{list(self.permutation)} is no order of the axes of {self.x.type}")
        return TensorType(self.x.type.dtype, tuple(self.x.shape[axis] for axis in self.permutation))
