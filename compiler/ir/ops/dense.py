"""A fully connected layer."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.scalars import IDENTITY, Scalar
from onnx2luau.compiler.ir.types import TensorType
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.ir.weighted import Weighted


@dataclass(frozen=True)
class Dense(Weighted):
    """activation(before(x) @ weight.T + bias) over the last axis.

    x: [..., inputs]; weight: [outputs, inputs]; bias: [outputs] or none; result: [..., outputs].
    `before` and `activation` are applied to each element.
    """

    x: Value
    weight: Value
    bias: Value | None = None
    before: Scalar = IDENTITY
    activation: Scalar = IDENTITY

    @property
    def is_single(self) -> bool:
        """Whether it computes one vector of outputs, not several rows of them."""
        return self.x.type.size == self.weight.shape[1]

    @property
    def is_over_rows(self) -> bool:
        """Unless there is one."""
        return not self.is_single

    @property
    def output_axis(self) -> int:
        """The last one."""
        return self.x.type.rank - 1

    @property
    def takes_before(self) -> bool:
        """Of one row each input is read once."""
        return self.is_single

    def result_type(self) -> TensorType:
        """Result: [..., outputs]."""
        self.check_functions()
        if self.weight.type.rank != 2:
            raise ValueError(f"dense takes a weight of two axes, not {self.weight.type}")
        outputs, inputs = self.weight.shape
        if self.x.type.rank < 1 or self.x.shape[-1] != inputs:
            raise ValueError(f"dense of {inputs} inputs can't take {self.x.type}")
        if self.bias is not None and self.bias.shape != (outputs,):
            raise ValueError(f"dense of {outputs} outputs can't add a bias of {self.bias.type}")
        return TensorType(self.x.type.dtype, (*self.x.shape[:-1], outputs))
