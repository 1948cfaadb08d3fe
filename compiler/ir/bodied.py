"""What the ops have in common that run a graph of their own: loops and choices."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, Self

from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.types import TensorType
from onnx2luau.compiler.ir.values import Value


class Bodied(Op):
    """An op with graphs among its fields.

    A body reads nothing but its inputs and its constants. The last of its inputs are what the op captures:
    values from outside that stay the same while it runs.
    """

    captured: tuple[Value, ...]

    @property
    def graphs(self) -> tuple[Graph, ...]:
        """Its bodies, in the order of its fields."""
        return tuple(value for value in self._fields().values() if isinstance(value, Graph))

    def with_graphs(self, replacement: Callable[[Graph], Graph]) -> Self:
        """Return the same op with other bodies, of the same inputs and outputs."""
        changed = {
            name: replacement(value) for name, value in self._fields().items() if isinstance(value, Graph)
        }
        return self._replaced(changed)

    @property
    @abstractmethod
    def given(self) -> tuple[Value | None, ...]:
        """What a body is given first as each input, or a slice of it; None for what is no operand."""

    @property
    def carried_ports(self) -> tuple[tuple[int, int], ...]:
        """The outputs of the body that are inputs of the next round, each with that input's place."""
        return ()

    @property
    def first_result(self) -> int:
        """The place of the body's output that makes the first result; the others follow in order."""
        return 0

    @property
    def rounds(self) -> int:
        """How often a body runs, or about how often where that is not known while compiling."""
        return 1

    @property
    def multiply_adds(self) -> int:
        """Those of the largest body, as often as it runs."""
        each = (sum(node.op.multiply_adds for node in graph.nodes) for graph in self.graphs)
        return self.rounds * max(each, default=0)

    @property
    def is_inexact(self) -> bool:
        """Whether something in a body is."""
        return any(node.op.is_inexact for graph in self.graphs for node in graph.nodes)

    @property
    def can_be_followed(self) -> bool:
        """Whether everything in its bodies can be."""
        return all(node.op.can_be_followed for graph in self.graphs for node in graph.nodes)

    @property
    def carries_errors(self) -> bool:
        """Nothing is known of what a body does to an error."""
        return False

    def density(self, read: float) -> float:
        """Nothing is known of it."""
        del read
        return 1.0

    def _fields(self) -> dict[str, object]:
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}

    def _replaced(self, changed: dict[str, Any]) -> Self:
        return replace(self, **changed)


def check_inputs(kind: str, graph: Graph, given: Sequence[TensorType]) -> None:
    """Raise ValueError unless a body takes inputs of exactly these types."""
    taken = [port.value.type for port in graph.inputs]
    for place, (type_, wanted) in enumerate(zip(given, taken, strict=False)):
        if type_ != wanted:
            raise ValueError(f"the body of this {kind} takes {wanted} as input {place}, not {type_}")
    if len(given) != len(taken):
        raise ValueError(f"the body of this {kind} takes {len(taken)} inputs, not {len(given)}")


def output_types(graph: Graph) -> list[TensorType]:
    """Return the types of what a body makes."""
    return [port.value.type for port in graph.outputs]


def everywhere(rewrite: Callable[[Graph], Graph], graph: Graph) -> Graph:
    """Apply a rewrite to a graph, and to the bodies of the ops that are left."""
    graph = rewrite(graph)
    nodes = tuple(
        replace(node, op=node.op.with_graphs(lambda inner: everywhere(rewrite, inner)))
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes) if any(node.op.graphs for node in nodes) else graph
