"""One scalar function over broadcast operands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.scalar_facts import density_after, is_linear, keeps_numbers
from onnx2luau.compiler.ir.scalars import Scalar, arguments_of
from onnx2luau.compiler.ir.types import DType, TensorType, broadcast_shape
from onnx2luau.compiler.ir.values import Value


@dataclass(frozen=True)
class Pointwise(Op):
    """body(operand elements), the operands broadcast as numpy does; result: their common shape."""

    body: Scalar
    inputs: tuple[Value, ...]
    dtype: DType

    @property
    def carries_errors(self) -> bool:
        """Whether it only scales, shifts and compares sizes."""
        return is_linear(self.body)

    def density(self, read: float) -> float:
        """As its function leaves it."""
        return density_after(self.body, read)

    def unchanged(self) -> Value | None:
        """Its operand, if there is one that nothing is done to."""
        return self.inputs[0] if len(self.inputs) == 1 and keeps_numbers(self.body) else None

    def before_transpose(
        self, permutation: tuple[int, ...], source: Callable[[Value], Value | None]
    ) -> Op | None:
        """The same on the elements where they were."""
        if self.result_type().rank != len(permutation):
            return None
        inputs = [value for value in map(source, self.inputs) if value is not None]
        return replace(self, inputs=tuple(inputs)) if len(inputs) == len(self.inputs) else None

    def result_type(self) -> TensorType:
        """Result: the common shape, of `dtype`."""
        if not self.inputs:
            raise ValueError("pointwise takes at least one operand")
        out_of_range = [index for index in arguments_of(self.body) if index >= len(self.inputs)]
        if out_of_range:
            raise ValueError(f"${out_of_range[0]} has no operand: there are {len(self.inputs)}")
        unread = set(range(len(self.inputs))) - arguments_of(self.body)
        if unread:
            raise ValueError(f"the operand ${min(unread)} is not read")
        return TensorType(self.dtype, broadcast_shape(*(value.shape for value in self.inputs)))
