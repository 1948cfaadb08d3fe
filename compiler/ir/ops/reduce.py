"""Sum, mean, product, maximum or minimum along axes."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.types import TensorType
from onnx2luau.compiler.ir.values import Op, Value

KINDS = ("sum", "mean", "prod", "max", "min")


@dataclass(frozen=True)
class Reduce(Op):
    """Combine all elements along `axes` (ascending, not negative), which become extents of 1."""

    x: Value
    kind: str
    axes: tuple[int, ...]

    def result_type(self) -> TensorType:
        """Result: x's shape with 1 for every reduced axis."""
        if self.kind not in KINDS:
            raise ValueError(f"a reduction is one of {', '.join(KINDS)}, not {self.kind!r}")
        if list(self.axes) != sorted(set(self.axes)) or any(not 0 <= a < self.x.type.rank for a in self.axes):
            raise ValueError(f"{self.x.type} has no axes {list(self.axes)}")
        shape = tuple(1 if axis in self.axes else extent for axis, extent in enumerate(self.x.shape))
        if self.kind in ("mean", "max", "min") and 0 in (self.x.shape[a] for a in self.axes):
            raise ValueError(f"an empty axis of {self.x.type} has no {self.kind}")
        return TensorType(self.x.type.dtype, shape)
