"""Sum, mean, product, maximum or minimum along axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.types import TensorType
from onnx2luau.compiler.ir.values import Value

KINDS = ("sum", "mean", "prod", "max", "min")
INEXACT = ("sum", "mean", "prod")


@dataclass(frozen=True)
class Reduce(Op):
    """Combine all elements along `axes` (ascending, not negative), which become extents of 1."""

    x: Value
    kind: str
    axes: tuple[int, ...]

    @property
    def is_inexact(self) -> bool:
        """A sum and a product are rounded, the largest number is not."""
        return self.kind in INEXACT

    @property
    def sums(self) -> Op | None:
        """The sum or the product; a mean divides its sum."""
        return replace(self, kind=self.kind.replace("mean", "sum")) if self.is_inexact else None

    def unchanged(self) -> Value | None:
        """x, if nothing is combined."""
        return None if self.axes else self.x

    def before_transpose(
        self, permutation: tuple[int, ...], source: Callable[[Value], Value | None]
    ) -> Op | None:
        """The same over the axes where they were."""
        x = source(self.x)
        axes = tuple(sorted(permutation[axis] for axis in self.axes))
        return None if x is None else replace(self, x=x, axes=axes)

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
