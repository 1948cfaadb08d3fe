"""A new order of axes."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.types import TensorType
from onnx2luau.compiler.ir.values import Value


@dataclass(frozen=True)
class Transpose(Op):
    """Axis i of the result is axis permutation[i] of x. ONNX Transpose-13."""

    x: Value
    permutation: tuple[int, ...]

    @property
    def rearranged(self) -> Value:
        """x, in another order."""
        return self.x

    def unchanged(self) -> Value | None:
        """x, if every axis stays where it is."""
        return self.x if list(self.permutation) == list(range(self.x.type.rank)) else None

    def canonical(self) -> Op:
        """Where only axes of extent 1 move, the elements stay where they are."""
        moving = [axis for axis in self.permutation if self.x.shape[axis] != 1]
        return Reshape(self.x, self.result_type().shape) if moving == sorted(moving) else self

    def joined(self, before: Op) -> Op | None:
        """Two orders one after the other are an order."""
        if not isinstance(before, Transpose):
            return None
        return Transpose(before.x, tuple(before.permutation[axis] for axis in self.permutation))

    def view(self, strides: tuple[int, ...], start: int) -> tuple[tuple[int, ...], int]:
        """The same elements, the axes in another order."""
        return tuple(strides[axis] for axis in self.permutation), start

    def result_type(self) -> TensorType:
        """Result: x's extents in the new order."""
        if sorted(self.permutation) != list(range(self.x.type.rank)):
            raise ValueError(f"{list(self.permutation)} is no order of the axes of {self.x.type}")
        return TensorType(self.x.type.dtype, tuple(self.x.shape[axis] for axis in self.permutation))
