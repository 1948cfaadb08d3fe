"""Softmax and its logarithm."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.types import TensorType
from onnx2luau.compiler.ir.values import Op, Value


@dataclass(frozen=True)
class Softmax(Op):
    """exp(x - max) / sum over `axis`, or the logarithm of it. ONNX Softmax-13 and LogSoftmax-13."""

    x: Value
    axis: int
    log: bool = False

    def result_type(self) -> TensorType:
        """Result: as x."""
        if not 0 <= self.axis < self.x.type.rank:
            raise ValueError(f"{self.x.type} has no axis {self.axis}")
        return self.x.type
