"""The graph around a body: what it offers, and what a body takes from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import onnx

from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.builder import Builder
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.types import Array, TensorType
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.walk import nodes

MOST_ROUNDS = 2**20
"""Of a loop whose rounds are known; more would take longer than anybody waits."""
Parameter = tuple[str, TensorType | Array]
"""A body's own name for what it is given, and its type, or its numbers if these are always the same."""


class Scope(Protocol):
    """The graph that a node stands in, on its way into the IR."""

    name: str
    builder: Builder
    known: dict[str, Value | Array]

    def value(self, tensor: str) -> Value:
        """Return the value of a tensor."""

    def inner(
        self, graph: onnx.GraphProto, parameters: Sequence[Parameter], captured: Sequence[str]
    ) -> Graph:
        """Import a body."""


def captured_by(scope: Scope, body: onnx.GraphProto) -> list[str]:
    """Return the tensors outside of a body that it reads, in order."""
    if body.sparse_initializer:
        raise ModelError(f"{scope.name}: sparse initializers are not supported; store them dense")
    made = {port.name for port in body.input} | {tensor.name for tensor in body.initializer}
    made |= {tensor for inner in nodes(body) for tensor in inner.output}
    made |= _declared_inside(body)
    read = [tensor for inner in nodes(body) for tensor in inner.input if tensor]
    read += [port.name for port in body.output]
    return [tensor for tensor in dict.fromkeys(read) if tensor not in made and tensor in scope.known]


def captured_values(scope: Scope, tensors: Sequence[str]) -> tuple[Value, ...]:
    """Return the values that a body captures; constants are its own."""
    return tuple(known for known in map(scope.known.__getitem__, tensors) if isinstance(known, Value))


def single(scope: Scope, tensor: str) -> Value:
    """Return a value of no axes; ONNX allows one of one axis, too."""
    value = scope.value(tensor)
    return value if value.type.rank == 0 or value.type.size != 1 else scope.builder.reshape(value, ())


def _declared_inside(body: onnx.GraphProto) -> set[str]:
    """Return what graphs further inside declare."""
    found: set[str] = set()
    for node in nodes(body):
        for attribute in node.attribute:
            for inner in ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs):
                found |= {port.name for port in inner.input} | {tensor.name for tensor in inner.initializer}
    return found
