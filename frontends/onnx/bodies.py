"""Loop, Scan and If: operators that hold graphs, which become the bodies of ops."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import onnx

from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.builder import Builder
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.ops.branch import Branch
from onnx2luau.compiler.ir.ops.loop import Loop
from onnx2luau.compiler.ir.ops.scan import Scan
from onnx2luau.compiler.ir.types import Array, DType, TensorType
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.unsupported import unsupported
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


@dataclass(frozen=True)
class _Body:
    """An attribute that is a graph, and the tensors outside of it that it reads."""

    graph: onnx.GraphProto
    captured: list[str]


def import_bodied(scope: Scope, node: onnx.NodeProto) -> tuple[Value, ...] | None:
    """Return the results of a node with graphs, or None if it is another one."""
    importers: Mapping[str, Callable[[Scope, onnx.NodeProto], tuple[Value, ...]]] = {
        "Loop": _loop,
        "Scan": _scan,
        "If": _branch,
    }
    if node.domain not in ("", "ai.onnx") or node.op_type not in importers:
        return None
    return importers[node.op_type](scope, node)


def _branch(scope: Scope, node: onnx.NodeProto) -> tuple[Value, ...]:
    then, otherwise = (_body(scope, node, name) for name in ("then_branch", "else_branch"))
    captured = list(dict.fromkeys((*then.captured, *otherwise.captured)))
    graphs = [scope.inner(each.graph, [], captured) for each in (then, otherwise)]
    condition = _single(scope, node.input[0])
    return scope.builder.add_all(Branch(condition, _captured(scope, captured), *graphs))


def _loop(scope: Scope, node: onnx.NodeProto) -> tuple[Value, ...]:
    body = _body(scope, node, "body")
    trips, condition, *initial = [*node.input, "", ""][: max(2, len(node.input))]
    carried = [scope.value(name) for name in initial]
    names = [port.name for port in body.graph.input]
    if len(names) != 2 + len(carried):
        raise unsupported(node, scope.name, f"its body takes {len(names)} inputs, not {2 + len(carried)}")
    # The condition that a body is given holds, since it would not run otherwise.
    parameters: list[Parameter] = [(names[0], TensorType(DType.I64, ())), (names[1], np.array(True))]
    parameters += [(name, value.type) for name, value in zip(names[2:], carried, strict=True)]
    graph = scope.inner(body.graph, parameters, body.captured)
    goes_on = graph.constant(graph.outputs[0].value)
    exactly = _rounds(scope, node, trips, condition) if goes_on is not None and goes_on.all() else None
    slices = len(graph.outputs) - 1 - len(carried)
    if slices > 0 and exactly is None:
        raise unsupported(
            node, scope.name, "how many rounds it has is computed, and so is the size of a result"
        )
    op = Loop(
        _single(scope, trips) if trips else None,
        _single(scope, condition) if condition else None,
        tuple(carried),
        _captured(scope, body.captured),
        graph,
        exactly,
    )
    return scope.builder.add_all(op)


def _rounds(scope: Scope, node: onnx.NodeProto, trips: str, condition: str) -> int | None:
    """Return how many rounds a loop has that nothing ends early, or None if that is not known."""
    count, first = scope.known.get(trips), scope.known.get(condition)
    if (condition and not isinstance(first, np.ndarray)) or isinstance(count, Value):
        return None
    if isinstance(first, np.ndarray) and not first.all():
        return 0
    rounds = int(count.item()) if isinstance(count, np.ndarray) else None
    if rounds is None or rounds > MOST_ROUNDS:
        raise unsupported(node, scope.name, f"it never ends, or only after {MOST_ROUNDS:,} rounds")
    return max(rounds, 0)


def _scan(scope: Scope, node: onnx.NodeProto) -> tuple[Value, ...]:
    body, attributes = _body(scope, node, "body"), _attributes(node)
    count = attributes.get("num_scan_inputs", 0)
    states = [scope.value(name) for name in node.input[: len(node.input) - count]]
    sequences = [scope.value(name) for name in node.input[len(node.input) - count :]]
    made = len(body.graph.output) - len(states)
    if not 0 < count <= len(node.input) or made < 0 or len(body.graph.input) != len(node.input):
        raise unsupported(node, scope.name, "its body does not fit its inputs")
    axes = attributes.get("scan_input_axes") or [0] * count
    sequences = [_moved(scope, value, axis, 0) for value, axis in zip(sequences, axes, strict=True)]
    types = [
        *(value.type for value in states),
        *(TensorType(value.type.dtype, value.shape[1:]) for value in sequences),
    ]
    names = [port.name for port in body.graph.input]
    graph = scope.inner(body.graph, list(zip(names, types, strict=True)), body.captured)
    backward = (
        *(attributes.get("scan_input_directions") or [0] * count),
        *(attributes.get("scan_output_directions") or [0] * made),
    )
    captured = _captured(scope, body.captured)
    op = Scan(tuple(states), tuple(sequences), captured, graph, tuple(map(bool, backward)))
    if op.rounds > MOST_ROUNDS:
        raise unsupported(node, scope.name, f"it has more than {MOST_ROUNDS:,} steps")
    results = scope.builder.add_all(op)
    axes = attributes.get("scan_output_axes") or [0] * made
    scanned = [
        _moved(scope, value, 0, axis) for value, axis in zip(results[len(states) :], axes, strict=True)
    ]
    return (*results[: len(states)], *scanned)


def _body(scope: Scope, node: onnx.NodeProto, name: str) -> _Body:
    graph = next((each.g for each in node.attribute if each.name == name), None)
    if graph is None:
        raise unsupported(node, scope.name, f"its attribute {name!r} is missing")
    if graph.sparse_initializer:
        raise ModelError(f"{scope.name}: sparse initializers are not supported; store them dense")
    made = {port.name for port in graph.input} | {tensor.name for tensor in graph.initializer}
    made |= {tensor for inner in nodes(graph) for tensor in inner.output}
    made |= _inner_names(graph)
    read = [tensor for inner in nodes(graph) for tensor in inner.input if tensor]
    read += [port.name for port in graph.output]
    return _Body(
        graph, [tensor for tensor in dict.fromkeys(read) if tensor not in made and tensor in scope.known]
    )


def _captured(scope: Scope, tensors: Sequence[str]) -> tuple[Value, ...]:
    """Return the values that a body captures; constants are its own."""
    return tuple(known for known in map(scope.known.__getitem__, tensors) if isinstance(known, Value))


def _inner_names(graph: onnx.GraphProto) -> set[str]:
    """Return what graphs further inside declare."""
    found: set[str] = set()
    for node in nodes(graph):
        for attribute in node.attribute:
            for inner in ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs):
                found |= {port.name for port in inner.input} | {tensor.name for tensor in inner.initializer}
    return found


def _single(scope: Scope, tensor: str) -> Value:
    """Return a value of no axes; ONNX allows one of one axis, too."""
    value = scope.value(tensor)
    return value if value.type.rank == 0 or value.type.size != 1 else scope.builder.reshape(value, ())


def _moved(scope: Scope, value: Value, source: int, target: int) -> Value:
    """Return a value with one of its axes elsewhere."""
    rank = value.type.rank
    order = [axis for axis in range(rank) if axis != source % rank]
    order.insert(target % rank, source % rank)
    return value if order == list(range(rank)) else scope.builder.transpose(value, order)


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    known = {"num_scan_inputs", "scan_input_axes", "scan_input_directions", "scan_output_axes"}
    known.add("scan_output_directions")
    return {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute if each.name in known}
