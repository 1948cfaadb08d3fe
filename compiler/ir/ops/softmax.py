"""Softmax and its logarithm."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.types import TensorType
from onnx2luau.compiler.ir.values import Value


@dataclass(frozen=True)
class Softmax(Op):
    """exp(x - max) / sum over `axis`, or the logarithm of it. ONNX Softmax-13 and LogSoftmax-13."""

    x: Value
    axis: int
    log: bool = False

    @property
    def is_inexact(self) -> bool:
        """It divides by a sum."""
        return True

    @property
    def carries_errors(self) -> bool:
        """An error of its operand all but vanishes in an exponential."""
        return False

    @property
    def can_be_followed(self) -> bool:
        """Nobody promises the last digit of an exponential."""
        return False

    def density(self, read: float) -> float:
        """No exponential is zero."""
        del read
        return 1.0

    def result_type(self) -> TensorType:
        """Result: as x."""
        if not 0 <= self.axis < self.x.type.rank:
            raise ValueError(f"{self.x.type} has no axis {self.axis}")
        return self.x.type
