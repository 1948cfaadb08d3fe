"""The same elements under another shape."""

from __future__ import annotations

from dataclasses import dataclass, replace

from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.types import TensorType
from onnx2luau.compiler.ir.values import Value


@dataclass(frozen=True)
class Reshape(Op):
    """Row-major elements of x under `shape`; nothing moves."""

    x: Value
    shape: tuple[int, ...]

    @property
    def rearranged(self) -> Value:
        """x, in another shape."""
        return self.x

    def unchanged(self) -> Value | None:
        """x, if it has the shape already."""
        return self.x if self.x.shape == self.shape else None

    def joined(self, before: Op) -> Op | None:
        """Of two shapes the last counts."""
        return replace(self, x=before.x) if isinstance(before, Reshape) else None

    def result_type(self) -> TensorType:
        """Result: `shape`."""
        result = TensorType(self.x.type.dtype, self.shape)
        if result.size != self.x.type.size or min(self.shape, default=0) < 0:
            raise ValueError(
                f"the {self.x.type.size} elements of {self.x.type} don't fill {list(self.shape)}"
            )
        return result
