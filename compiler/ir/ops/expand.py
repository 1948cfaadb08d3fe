"""A tensor repeated along axes of extent 1."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.types import TensorType, broadcast_shape
from onnx2luau.compiler.ir.values import Op, Value


@dataclass(frozen=True)
class Expand(Op):
    """Broadcast x to `shape`. ONNX Expand-13 with both shapes broadcast already."""

    x: Value
    shape: tuple[int, ...]

    def result_type(self) -> TensorType:
        """Result: `shape`."""
        if broadcast_shape(self.x.shape, self.shape) != self.shape:
            raise ValueError(f"{self.x.type} does not expand to {list(self.shape)}")
        return TensorType(self.x.type.dtype, self.shape)
