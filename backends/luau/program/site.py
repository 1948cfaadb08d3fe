"""What a schedule may know of the nodes that it is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from onnx2luau.backends.luau.instruction_costs import COSTS, InstructionCosts
from onnx2luau.backends.luau.program.layouts import ROWS, Lanes, Layout, View
from onnx2luau.compiler.ir.graph import Node
from onnx2luau.compiler.ir.scalar_facts import HALF
from onnx2luau.compiler.ir.types import Array, strides
from onnx2luau.compiler.ir.values import Value

if TYPE_CHECKING:
    from onnx2luau.backends.luau.program.kernel import Match
    from onnx2luau.backends.luau.program.program import Program


@dataclass(frozen=True)
class Site:
    """The nodes of a kernel, in order, and what is known around them; nothing changes it."""

    nodes: tuple[Node, ...]
    target: str
    constants: Mapping[Value, Array]
    layouts: Mapping[Value, Layout]
    """Of the tensors that are not simply `Rows`."""
    densities: Mapping[Value, float]
    """By the result of a layer: the share of its inputs that is expected not to be zero."""
    bodies: tuple[Program, ...] = ()
    """How the graphs of the node are computed."""

    @property
    def each(self) -> InstructionCosts:
        """What single instructions cost on the target."""
        return COSTS[self.target]

    @property
    def result(self) -> Value:
        """The first result of the last node."""
        return self.nodes[-1].result

    @property
    def density(self) -> float:
        """The share of the last node's inputs that is expected not to be zero."""
        return self.density_of(self.result)

    def density_of(self, made: Value) -> float:
        """Return the share of inputs that is expected not to be zero, of the layer that makes a value."""
        return self.densities.get(made, HALF)

    def array(self, value: Value | None) -> Array | None:
        """Return the array behind a value, if it is a constant."""
        return None if value is None else self.constants.get(value)

    def layout(self, value: Value) -> Layout:
        """Return how a tensor lies in memory."""
        return self.layouts.get(value, ROWS)

    def place(self, value: Value) -> tuple[tuple[int, ...], int]:
        """Return how far apart a tensor's elements are in its table, and how many stand before the first."""
        layout = self.layout(value)
        return (layout.strides, layout.start) if isinstance(layout, View) else (strides(value.shape), 0)

    def root(self, value: Value) -> Value:
        """Return the tensor whose table holds a value."""
        layout = self.layout(value)
        return self.root(layout.of) if isinstance(layout, View) else value

    def is_in_place(self, part: Value, start: int) -> bool:
        """Whether a tensor's elements stand where those of the result do that begin after `start` others."""
        place = (strides(part.shape), self.place(self.result)[1] + start)
        return self.root(part) == self.root(self.result) and self.place(part) == place

    def in_lanes(self, value: Value) -> bool:
        """Whether a tensor's table holds vectors, three numbers each."""
        return isinstance(self.layout(value), Lanes)

    @property
    def result_in_lanes(self) -> bool:
        """Whether the result's table does."""
        return self.in_lanes(self.result)

    @property
    def is_rows(self) -> bool:
        """Whether everything that is read lies in rows, and nothing in lanes."""
        return not self.has_lanes and not self.has_views

    @property
    def is_flat(self) -> bool:
        """Whether everything is a table of numbers, though parts of others may be read in place."""
        return not self.has_lanes

    @property
    def has_lanes(self) -> bool:
        """Whether something that is read or written lies in lanes."""
        return any(map(self.in_lanes, self._touched))

    @property
    def has_views(self) -> bool:
        """Whether something that is read is a part of another tensor, or in another order."""
        return any(self.is_strided(value) for node in self.nodes for value in node.op.operands)

    @property
    def writes_part(self) -> bool:
        """Whether a result is a part of another tensor's table."""
        return any(map(self.is_strided, self.nodes[-1].results))

    def fits(self, match: Match) -> bool:
        """Whether a way to compute the nodes can do with where their results lie."""
        return match.by_element or not self.writes_part

    def is_strided(self, value: Value) -> bool:
        """Whether a tensor is a view whose elements don't follow each other from its table's first on."""
        layout = self.layout(value)
        return isinstance(layout, View) and not layout.is_whole(value)

    @property
    def _touched(self) -> list[Value]:
        return [value for node in self.nodes for value in (*node.op.operands, *node.results)]

    def elements(self, count: int, loads: float = 2, arithmetic: float = 0, calls: float = 0) -> float:
        """Estimate a plain loop: nanoseconds of `count` rounds with so many instructions of a kind each."""
        each = self.each
        return count * (each.loop + loads * each.load + arithmetic * each.arithmetic + calls * each.call)
