"""A body again and again, as long as a count and a condition say so."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.bodied import Bodied, check_inputs, output_types
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.types import DType, TensorType
from onnx2luau.compiler.ir.values import Value

EXPECTED = 10
"""Rounds of a loop of which nothing is known."""


@dataclass(frozen=True)
class Loop(Bodied):
    """goes on, carried, slices = body(round, carried, captured) while it goes on. ONNX Loop-13.

    trips: [] i64, the most rounds, or none for any number; condition: [] bool, whether there is a first one,
    or none for yes. `exactly`: how many rounds there are, if that is known; only then the body may make
    slices.
    Results: what is carried after the last round, then [exactly, ...] of each slice.
    """

    trips: Value | None
    condition: Value | None
    carried: tuple[Value, ...]
    captured: tuple[Value, ...]
    body: Graph
    exactly: int | None = None

    @property
    def given(self) -> tuple[Value | None, ...]:
        """The number of the round, then what is carried and captured."""
        return (None, *self.carried, *self.captured)

    @property
    def carried_ports(self) -> tuple[tuple[int, int], ...]:
        """Both after what stands first: the condition, and the number of the round."""
        return tuple((place, place) for place in range(1, len(self.carried) + 1))

    @property
    def first_result(self) -> int:
        """After the condition."""
        return 1

    @property
    def rounds(self) -> int:
        """As many as are known."""
        return EXPECTED if self.exactly is None else self.exactly

    @property
    def decides(self) -> bool:
        """Unless the rounds are known, a comparison ends them."""
        return self.exactly is None

    def result_types(self) -> tuple[TensorType, ...]:
        """Results: as what is carried, and a sequence of each slice."""
        for value, dtype in ((self.trips, DType.I64), (self.condition, DType.BOOL)):
            if value is not None and (value.type.dtype, value.type.size) != (dtype, 1):
                raise ValueError(f"loop takes a single {dtype}, not {value.type}")
        carried = [value.type for value in self.carried]
        counter = TensorType(DType.I64, ())
        check_inputs("loop", self.body, [counter, *carried, *(value.type for value in self.captured)])
        first, *made = output_types(self.body)
        if (first.dtype, first.size) != (DType.BOOL, 1):
            raise ValueError(
                f"the body of this loop says by {first} whether it goes on, not by a single bool"
            )
        if made[: len(carried)] != carried:
            raise ValueError("the body of this loop makes other values than it carries")
        slices = made[len(carried) :]
        if slices and self.exactly is None:
            raise ValueError("a loop makes slices only if its rounds are known")
        return (*carried, *(TensorType(each.dtype, (self.rounds, *each.shape)) for each in slices))
