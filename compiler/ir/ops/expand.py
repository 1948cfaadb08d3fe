"""A tensor repeated along axes of extent 1."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.types import TensorType, broadcast_shape
from onnx2luau.compiler.ir.values import Value


@dataclass(frozen=True)
class Expand(Op):
    """Broadcast x to `shape`. ONNX Expand-13 with both shapes broadcast already."""

    x: Value
    shape: tuple[int, ...]

    def unchanged(self) -> Value | None:
        """x, if it has the shape already."""
        return self.x if self.x.shape == self.shape else None

    def result_type(self) -> TensorType:
        """Result: `shape`."""
        if broadcast_shape(self.x.shape, self.shape) != self.shape:
            raise ValueError(f"{self.x.type} does not expand to {list(self.shape)}")
        return TensorType(self.x.type.dtype, self.shape)
