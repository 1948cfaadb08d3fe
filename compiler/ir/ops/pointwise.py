"""One scalar function over broadcast operands."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.scalars import Scalar, arguments_of
from onnx2luau.compiler.ir.types import DType, TensorType, broadcast_shape
from onnx2luau.compiler.ir.values import Op, Value


@dataclass(frozen=True)
class Pointwise(Op):
    """body(operand elements), the operands broadcast as numpy does; result: their common shape."""

    body: Scalar
    inputs: tuple[Value, ...]
    dtype: DType

    def result_type(self) -> TensorType:
        """Result: the common shape, of `dtype`."""
        if not self.inputs:
            raise ValueError("pointwise takes at least one operand")
        out_of_range = [index for index in arguments_of(self.body) if index >= len(self.inputs)]
        if out_of_range:
            raise ValueError(f"${out_of_range[0]} has no operand: there are {len(self.inputs)}")
        return TensorType(self.dtype, broadcast_shape(*(value.shape for value in self.inputs)))
