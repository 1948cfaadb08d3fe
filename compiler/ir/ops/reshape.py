"""The same elements under another shape."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.types import TensorType
from onnx2luau.compiler.ir.values import Op, Value


@dataclass(frozen=True)
class Reshape(Op):
    """Row-major elements of x under `shape`; nothing moves."""

    x: Value
    shape: tuple[int, ...]

    def result_type(self) -> TensorType:
        """Result: `shape`."""
        result = TensorType(self.x.type.dtype, self.shape)
        if result.size != self.x.type.size or min(self.shape, default=0) < 0:
            raise ValueError(
                f"the {self.x.type.size} elements of {self.x.type} don't fill {list(self.shape)}"
            )
        return result
