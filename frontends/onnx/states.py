"""Inputs that are given what outputs were in the run before: states."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.ir.graph import Graph, Port, State
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value


def with_states(graph: Graph, states: Mapping[str, str]) -> Graph:
    """Return the graph with inputs as states, which are zeros at first; `states` are outputs by input.

    These inputs and outputs are then none of the graph's any more. UsageError for names that it does not have
    and for shapes that differ.
    """
    inputs = {port.name: port.value for port in graph.inputs}
    outputs = {port.name: port.value for port in graph.outputs}
    found: list[State] = []
    constants: dict[Value, Array] = {}
    for past, present in states.items():
        value = _port(graph.name, inputs, past, "input")
        following = _port(graph.name, outputs, present, "output")
        if value.type != following.type:
            raise UsageError(
                f"{graph.name}: --state {past}={present} joins {value.type} and {following.type}; "
                "they have to be of one type"
            )
        name = f"{value.name}_initial"
        while name in {*graph.names(), *(each.name for each in constants)}:
            name += "_"
        initial = Value(name, value.type)
        constants[initial] = np.zeros(value.shape, value.type.dtype.numpy)
        found.append(State(past, value, initial, following))
    left = replace(
        graph,
        inputs=_without(graph.inputs, states),
        outputs=_without(graph.outputs, states.values()),
        constants={**graph.constants, **constants},
        states=tuple(found),
    )
    if not left.outputs:
        raise UsageError(f"{graph.name}: every output is a state, so that nothing is left to predict")
    return left


def _port(model: str, ports: Mapping[str, Value], name: str, kind: str) -> Value:
    if name not in ports:
        known = ", ".join(map(repr, ports)) or "none"
        raise UsageError(f"{model}: there is no {kind} {name!r} for --state; there are {known}")
    return ports[name]


def _without(ports: tuple[Port, ...], names: Mapping[str, str] | Collection[str]) -> tuple[Port, ...]:
    return tuple(port for port in ports if port.name not in names)
