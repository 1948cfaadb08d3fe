"""Scan: a graph is run on one slice of its sequences after another."""

from __future__ import annotations

from collections.abc import Sequence

import onnx

from onnx2luau.compiler.ir.ops.scan import Scan
from onnx2luau.compiler.ir.types import TensorType
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.bodies import Results, onnx_bodied
from onnx2luau.frontends.onnx.bodies.scope import MOST_ROUNDS, Scope, captured_by, captured_values
from onnx2luau.frontends.onnx.unsupported import unsupported


@onnx_bodied("Scan")
def scan(
    scope: Scope,
    node: onnx.NodeProto,
    *,
    body: onnx.GraphProto,
    num_scan_inputs: int,
    scan_input_axes: Sequence[int] = (),
    scan_input_directions: Sequence[int] = (),
    scan_output_axes: Sequence[int] = (),
    scan_output_directions: Sequence[int] = (),
) -> Results:
    """Run a graph on one slice of sequences after another, and hand its states on; a loop in Luau."""
    given, count = len(node.input), num_scan_inputs
    states = [scope.value(name) for name in node.input[: given - count]]
    sequences = [scope.value(name) for name in node.input[given - count :]]
    made = len(body.output) - len(states)
    if not 0 < count <= given or made < 0 or len(body.input) != given:
        raise unsupported(node, scope.name, "its body does not fit its inputs")
    axes = scan_input_axes or [0] * count
    sequences = [_moved(scope, value, axis, 0) for value, axis in zip(sequences, axes, strict=True)]
    types = [
        *(value.type for value in states),
        *(TensorType(value.type.dtype, value.shape[1:]) for value in sequences),
    ]
    names = [port.name for port in body.input]
    captured = captured_by(scope, body)
    graph = scope.inner(body, list(zip(names, types, strict=True)), captured)
    backward = (*(scan_input_directions or [0] * count), *(scan_output_directions or [0] * made))
    op = Scan(
        tuple(states),
        tuple(sequences),
        captured_values(scope, captured),
        graph,
        tuple(map(bool, backward)),
    )
    if op.rounds > MOST_ROUNDS:
        raise unsupported(node, scope.name, f"it has more than {MOST_ROUNDS:,} steps")
    results = scope.builder.add_all(op)
    stacked = zip(results[len(states) :], scan_output_axes or [0] * made, strict=True)
    return (*results[: len(states)], *(_moved(scope, value, 0, axis) for value, axis in stacked))


def _moved(scope: Scope, value: Value, source: int, target: int) -> Value:
    """Return a value with one of its axes elsewhere."""
    rank = value.type.rank
    order = [axis for axis in range(rank) if axis != source % rank]
    order.insert(target % rank, source % rank)
    return value if order == list(range(rank)) else scope.builder.transpose(value, order)
