"""A matrix product of two tensors that are both known only when the network runs."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.types import TensorType, broadcast_shape
from onnx2luau.compiler.ir.values import Value


@dataclass(frozen=True)
class Matmul(Op):
    """a @ b over the last two axes, the axes before them broadcast. ONNX MatMul-13.

    a: [..., rows, inner]; b: [..., inner, columns]; result: [..., rows, columns].
    """

    a: Value
    b: Value

    @property
    def multiply_adds(self) -> int:
        """One for each pair of elements that meet."""
        return self.result_type().size * self.a.shape[-1]

    @property
    def is_inexact(self) -> bool:
        """Its sums are rounded."""
        return True

    @property
    def sums(self) -> Op:
        """Itself."""
        return self

    @property
    def carries_errors(self) -> bool:
        """An error is multiplied by numbers of which nothing is known."""
        return False

    def result_type(self) -> TensorType:
        """Result: [..., rows, columns]."""
        if self.a.type.rank < 2 or self.b.type.rank < 2 or self.a.shape[-1] != self.b.shape[-2]:
            raise ValueError(f"matmul can't multiply {self.a.type} by {self.b.type}")
        batch = broadcast_shape(self.a.shape[:-2], self.b.shape[:-2])
        return TensorType(self.a.type.dtype, (*batch, self.a.shape[-2], self.b.shape[-1]))
