"""What every op has in common, and what it answers about itself: no pass and no report lists kinds of ops."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Self

from onnx2luau.compiler.ir.scalars import Apply, Argument, Number, Scalar
from onnx2luau.compiler.ir.types import Array, TensorType
from onnx2luau.compiler.ir.values import Value

if TYPE_CHECKING:
    from onnx2luau.compiler.ir.graph import Graph
    from onnx2luau.compiler.ir.product import Product


@dataclass(frozen=True)
class Op:
    """A computation: a frozen dataclass whose fields are its operands (values) and its attributes.

    An op that answers nothing itself is taken for a move of its operands' elements: it costs no
    multiplication, rounds nothing, and takes nothing in.
    """

    def result_type(self) -> TensorType:
        """Check the operands and attributes and say what comes out; ValueError says what does not fit.

        Of an op with several results, the first of them.
        """
        return self.result_types()[0]

    def result_types(self) -> tuple[TensorType, ...]:
        """Say the same of every result; an op has this or `result_type`."""
        return (self.result_type(),)

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

    @property
    def bodies(self) -> tuple[Scalar, ...]:
        """Every scalar function it applies, in the order of its fields."""
        found = (getattr(self, entry.name) for entry in fields(self))
        return tuple(each for each in found if isinstance(each, Argument | Number | Apply))

    def with_bodies(self, replacement: Callable[[Scalar], Scalar]) -> Self:
        """Return the same op with other scalar functions."""
        bodies = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        changes = {
            name: replacement(body)
            for name, body in bodies.items()
            if isinstance(body, Argument | Number | Apply)
        }
        return replace(self, **changes)

    @property
    def graphs(self) -> tuple[Graph, ...]:
        """The graphs that it runs, in the order of its fields."""
        return ()

    def with_graphs(self, replacement: Callable[[Graph], Graph]) -> Self:
        """Return the same op with other graphs to run."""
        del replacement
        return self

    @property
    def weights(self) -> tuple[Value, ...]:
        """Its trained matrices, which may be stored in fewer digits."""
        return ()

    @property
    def multiply_adds(self) -> int:
        """How many products it adds up in one run."""
        return 0

    @property
    def is_inexact(self) -> bool:
        """Whether it adds up or divides, so that its result is not a single by itself."""
        return False

    @property
    def carries_errors(self) -> bool:
        """Whether an error of an operand goes on into the result, only scaled, shifted or moved."""
        return True

    @property
    def can_be_followed(self) -> bool:
        """Whether its result is to the last digit what ONNX Runtime makes of the same operands."""
        return True

    @property
    def decides(self) -> bool:
        """Whether a difference as small as one rounding may change its result by much more."""
        return False

    @property
    def sums(self) -> Op | None:
        """The op that gives the sums or products of this one as they are before anything is done to them."""
        return None

    @property
    def rearranged(self) -> Value | None:
        """The operand whose elements are those of the result, in another shape or order of axes."""
        return None

    def product(self, constants: Mapping[Value, Array]) -> Product | None:
        """Return the product with trained weights that it is, if it is one and no dense layer."""
        del constants
        return None

    def view(self, strides: tuple[int, ...], start: int) -> tuple[tuple[int, ...], int] | None:
        """Return where the result's elements lie in the operand's table, or None if they are no part of it.

        The operand's lie there at `start`, and `strides` apart along each axis.
        """
        del strides, start
        return None

    def density(self, read: float) -> float:
        """Return the expected share of the result that is not zero, of that of what it reads."""
        return read

    def unchanged(self) -> Value | None:
        """Return the operand that the result equals element by element, if there is one."""
        return None

    def canonical(self) -> Op:
        """Return an op that does the same and does less, or itself."""
        return self

    def joined(self, before: Op) -> Op | None:
        """Return one op that does what `before` and then this one do to the operand of `before`."""
        del before
        return None

    def narrowed(self, count: int) -> Op:
        """Return the op that makes the first `count` of its results alone, or itself if that is not less."""
        del count
        return self

    def with_activation(self, body: Scalar) -> Op | None:
        """Return the op that also applies a function to each element of its result, if it can take it in."""
        del body
        return None

    def before_transpose(
        self, permutation: tuple[int, ...], source: Callable[[Value], Value | None]
    ) -> Op | None:
        """Return the op whose result, transposed, is what this one makes of transposed operands.

        `source` gives an operand in the order of axes before the transpose, or None where it has none.
        """
        del permutation, source
        return None
