"""Values: what ops make and read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from onnx2luau.compiler.ir.types import TensorType

if TYPE_CHECKING:
    from onnx2luau.compiler.ir.builder import Builder


@dataclass(frozen=True)
class Value:
    """A tensor that an op makes or a graph is given; `%name` in the textual form.

    Arithmetic on values (`x * 2 + y`, `x < 0`) adds ops to the builder that made them.
    """

    name: str
    type: TensorType
    builder: Builder | None = field(default=None, compare=False, repr=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents of its axes."""
        return self.type.shape

    def _apply(self, function: str, *operands: Value | float) -> Value:
        builder = next((o.builder for o in operands if isinstance(o, Value) and o.builder), None)
        if builder is None:
            raise ValueError(f"%{self.name} does not belong to a builder, so nothing can be computed from it")
        return builder.apply(function, *operands)

    def __add__(self, other: Value | float) -> Value:
        return self._apply("add", self, other)

    def __radd__(self, other: float) -> Value:
        return self._apply("add", other, self)

    def __sub__(self, other: Value | float) -> Value:
        return self._apply("sub", self, other)

    def __rsub__(self, other: float) -> Value:
        return self._apply("sub", other, self)

    def __mul__(self, other: Value | float) -> Value:
        return self._apply("mul", self, other)

    def __rmul__(self, other: float) -> Value:
        return self._apply("mul", other, self)

    def __truediv__(self, other: Value | float) -> Value:
        return self._apply("div", self, other)

    def __rtruediv__(self, other: float) -> Value:
        return self._apply("div", other, self)

    def __neg__(self) -> Value:
        return self._apply("neg", self)

    def __lt__(self, other: Value | float) -> Value:
        return self._apply("lt", self, other)

    def __le__(self, other: Value | float) -> Value:
        return self._apply("le", self, other)

    def __gt__(self, other: Value | float) -> Value:
        return self._apply("gt", self, other)

    def __ge__(self, other: Value | float) -> Value:
        return self._apply("ge", self, other)
