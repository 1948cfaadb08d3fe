"""A matrix product of two tensors that are both known only when the network runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.product import Product
from onnx2luau.compiler.ir.types import Array, DType, TensorType, broadcast_shape
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

    def product(self, constants: Mapping[Value, Array]) -> Product | None:
        """That with its right matrix, if it is a constant and the same for the whole batch."""
        matrix = constants.get(self.b)
        if matrix is None or math.prod(matrix.shape[:-2]) != 1 or self.a.type.dtype is not DType.F32:
            return None
        if matrix.ndim > self.a.type.rank:
            return None
        weight = np.ascontiguousarray(matrix.reshape(matrix.shape[-2:]).T)
        return Product(self.a, self.a.shape, weight, self.b.name)

    def result_type(self) -> TensorType:
        """Result: [..., rows, columns]."""
        if self.a.type.rank < 2 or self.b.type.rank < 2 or self.a.shape[-1] != self.b.shape[-2]:
            raise ValueError(f"matmul can't multiply {self.a.type} by {self.b.type}")
        batch = broadcast_shape(self.a.shape[:-2], self.b.shape[:-2])
        return TensorType(self.a.type.dtype, (*batch, self.a.shape[-2], self.b.shape[-1]))
