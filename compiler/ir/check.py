"""The structural check, run after every pass: a graph that passes it can be compiled."""

from __future__ import annotations

from collections import Counter

from onnx2luau.compiler.ir.graph import Graph, State
from onnx2luau.compiler.ir.types import DType, TensorType
from onnx2luau.compiler.ir.values import Value


class InvalidGraphError(ValueError):
    """A graph broke a rule of the IR; after a pass, this is a defect of the pass."""


def check(graph: Graph) -> Graph:
    """Return the graph unchanged; InvalidGraphError says which value breaks which rule."""
    defined: dict[str, Value] = {}
    for value in graph.given:
        _define(defined, value)
    for value, array in graph.constants.items():
        _define(defined, value)
        if TensorType(DType.of(array.dtype), array.shape) != value.type:
            raise InvalidGraphError(
                f"constant %{value.name} is {value.type}, its data {array.dtype}{list(array.shape)}"
            )
    for node in graph.nodes:
        for operand in node.op.operands:
            _read(defined, operand, f"%{node.result.name}")
        for body in node.op.graphs:
            check(body)
        types = node.op.result_types()
        if len(types) != len(node.results):
            raise InvalidGraphError(f"the op of %{node.result.name} makes {len(types)} values")
        for type_, value in zip(types, node.results, strict=True):
            _check_type(type_, value)
            _define(defined, value)
    for port in graph.outputs:
        _read(defined, port.value, f"output {port.name!r}")
    for state in graph.states:
        _read(defined, state.next, f"state {state.name!r}")
        _check_state(graph, state)
    _check_ports(graph)
    return graph


def _define(defined: dict[str, Value], value: Value) -> None:
    if value.name in defined:
        raise InvalidGraphError(f"%{value.name} is defined twice")
    defined[value.name] = value


def _read(defined: dict[str, Value], value: Value, reader: str) -> None:
    known = defined.get(value.name)
    if known is None:
        raise InvalidGraphError(f"{reader} reads %{value.name}, which is not defined before it")
    if known.type != value.type:
        raise InvalidGraphError(f"{reader} reads %{value.name} as {value.type}, but it is {known.type}")


def _check_type(actual: TensorType, result: Value) -> None:
    if actual != result.type:
        raise InvalidGraphError(f"%{result.name} is declared {result.type}, but its op makes {actual}")


def _check_state(graph: Graph, state: State) -> None:
    if state.initial not in graph.constants:
        raise InvalidGraphError(f"state {state.name!r} does not begin with a constant")
    for other in (state.initial, state.next):
        if other.type != state.value.type:
            raise InvalidGraphError(f"state {state.name!r} is {state.value.type}, but becomes {other.type}")


def _check_ports(graph: Graph) -> None:
    for kind, ports in (("input", graph.inputs), ("output", graph.outputs)):
        names = [port.name for port in ports]
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise InvalidGraphError(f"two {kind}s are called {twice[0]!r}")
    if not graph.outputs:
        raise InvalidGraphError("the graph has no outputs")
