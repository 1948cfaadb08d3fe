"""Values, and what every op has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Self

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


@dataclass(frozen=True)
class Op:
    """A computation: a frozen dataclass whose fields are its operands (values) and its attributes."""

    def result_type(self) -> TensorType:
        """Check the operands and attributes and say what comes out; ValueError says what does not fit."""
        raise NotImplementedError

    @property
    def operands(self) -> tuple[Value, ...]:
        """Every value it reads, in the order of its fields."""
        return tuple(self._operands())

    def _operands(self) -> Iterator[Value]:
        for entry in fields(self):
            match getattr(self, entry.name):
                case Value() as value:
                    yield value
                case tuple() as several:
                    yield from (value for value in several if isinstance(value, Value))

    def with_operands(self, replacement: Callable[[Value], Value]) -> Self:
        """Return the same op over other values."""
        changes: dict[str, object] = {}
        for entry in fields(self):
            match getattr(self, entry.name):
                case Value() as value:
                    changes[entry.name] = replacement(value)
                case tuple() as several if any(isinstance(item, Value) for item in several):
                    changes[entry.name] = tuple(replacement(value) for value in several)
        return replace(self, **changes)
