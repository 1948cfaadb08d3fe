"""A graph: ops in order over typed values and named constants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value


@dataclass(frozen=True)
class Node:
    """An op, the values it makes, and where they come from in the model."""

    results: tuple[Value, ...]
    op: Op
    layer: str = ""
    """The name the model gives to this step; any text."""
    tensors: tuple[str, ...] = ()
    """The names of the model's tensors that equal the results, as far as there are such; any text."""

    @property
    def result(self) -> Value:
        """The first of the results, and of most ops the only one."""
        return self.results[0]

    @property
    def tensor(self) -> str:
        """The name of the model's tensor that equals the first result, or no text."""
        return self.tensors[0] if self.tensors else ""


@dataclass(frozen=True)
class Port:
    """An input or output as the user sees it: a name of any text, and the value behind it."""

    name: str
    value: Value


@dataclass(frozen=True)
class State:
    """What a network remembers from one run to the next."""

    name: str
    """Any text: that of the model's input."""
    value: Value
    """What it is during a run."""
    initial: Value
    """The constant that it begins with."""
    next: Value
    """What it is in the run after."""


@dataclass(frozen=True, eq=False)
class Graph:
    """A whole network. Nodes stand in the order they run in; every value is made before it is read."""

    name: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    nodes: tuple[Node, ...]
    constants: Mapping[Value, Array] = field(default_factory=dict)
    states: tuple[State, ...] = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Graph):
            return NotImplemented
        mine = (self.name, self.inputs, self.outputs, self.nodes, self.states, self.constants.keys())
        theirs = (other.name, other.inputs, other.outputs, other.nodes, other.states, other.constants.keys())
        return mine == theirs and all(
            _bytes(array) == _bytes(other.constants[value]) for value, array in self.constants.items()
        )

    __hash__ = object.__hash__

    @property
    def given(self) -> tuple[Value, ...]:
        """What a run begins with: the inputs, and the states."""
        return (*(port.value for port in self.inputs), *(state.value for state in self.states))

    @property
    def results(self) -> tuple[Value, ...]:
        """What a run is for: the outputs, and the next states."""
        return (*(port.value for port in self.outputs), *(state.next for state in self.states))

    def with_results(self, replacement: Callable[[Value], Value]) -> Graph:
        """Return the graph with other outputs and next states."""
        outputs = tuple(replace(port, value=replacement(port.value)) for port in self.outputs)
        states = tuple(replace(state, next=replacement(state.next)) for state in self.states)
        return replace(self, outputs=outputs, states=states)

    def uses(self) -> Counter[Value]:
        """How often each value is read, by ops and as a result."""
        count = Counter(value for node in self.nodes for value in node.op.operands)
        count.update(self.results)
        return count

    def makers(self) -> dict[Value, Node]:
        """Return the node that makes each value."""
        return {value: node for node in self.nodes for value in node.results}

    def constant(self, value: Value | None) -> Array | None:
        """Return the array behind a value, if it is a constant."""
        return None if value is None else self.constants.get(value)

    def parameters(self) -> int:
        """How many trained numbers the graph holds."""
        own = sum(array.size for array in self.constants.values() if np.issubdtype(array.dtype, np.floating))
        return own + sum(inner.parameters() for node in self.nodes for inner in node.op.graphs)

    def values(self) -> Iterator[Value]:
        """Every value that is known only when the graph runs: what is given, and what nodes make."""
        yield from self.given
        yield from (value for node in self.nodes for value in node.results)

    def names(self) -> Iterator[str]:
        """Every value's name."""
        yield from (value.name for value in self.constants)
        yield from (value.name for value in self.values())


def _bytes(array: Array) -> bytes:
    """Return what equal constants have in common: zeros of two signs differ, and every NaN is the same."""
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), np.array(np.nan, array.dtype), array)
    return array.tobytes()
