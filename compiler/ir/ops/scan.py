"""A body for each step of sequences: recurrences."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.bodied import Bodied, check_inputs, output_types
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.types import TensorType
from onnx2luau.compiler.ir.values import Value


@dataclass(frozen=True)
class Scan(Bodied):
    """states, slices = body(states, a slice of each sequence, captured), step after step. ONNX Scan-9.

    states: values before the first step; sequences: [steps, ...] each; `backward` says for each sequence,
    and then for each result of slices, whether it runs from its end. Results: the states after the last step,
    then [steps, ...] of each slice that the body makes.
    """

    states: tuple[Value, ...]
    sequences: tuple[Value, ...]
    captured: tuple[Value, ...]
    body: Graph
    backward: tuple[bool, ...]

    @property
    def given(self) -> tuple[Value | None, ...]:
        """The states, the sequences by their slices, and what is captured."""
        return (*self.states, *self.sequences, *self.captured)

    @property
    def carried_ports(self) -> tuple[tuple[int, int], ...]:
        """The states."""
        return tuple((place, place) for place in range(len(self.states)))

    @property
    def rounds(self) -> int:
        """The steps."""
        return self.sequences[0].shape[0]

    def result_types(self) -> tuple[TensorType, ...]:
        """Results: as the states, and a sequence of each slice."""
        if not self.sequences or any(value.type.rank < 1 for value in self.sequences):
            raise ValueError("scan takes at least one sequence, of one axis or more")
        if any(value.shape[0] != self.rounds for value in self.sequences):
            raise ValueError("the sequences of this scan have different lengths")
        states = [value.type for value in self.states]
        slices = [TensorType(value.type.dtype, value.shape[1:]) for value in self.sequences]
        check_inputs("scan", self.body, [*states, *slices, *(value.type for value in self.captured)])
        made = output_types(self.body)
        if made[: len(states)] != states:
            raise ValueError("the body of this scan makes other states than it takes")
        if len(self.backward) != len(self.sequences) + len(made) - len(states):
            raise ValueError("scan needs a direction for each sequence and each result of slices")
        scanned = (TensorType(each.dtype, (self.rounds, *each.shape)) for each in made[len(states) :])
        return (*states, *scanned)
