"""Loop: a graph is run a number of times, or while a condition holds."""

from __future__ import annotations

import numpy as np
import onnx

from onnx2luau.compiler.ir.ops.loop import Loop
from onnx2luau.compiler.ir.types import DType, TensorType
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.bodies import Results, onnx_bodied
from onnx2luau.frontends.onnx.bodies.scope import (
    MOST_ROUNDS,
    Parameter,
    Scope,
    captured_by,
    captured_values,
    single,
)
from onnx2luau.frontends.onnx.unsupported import unsupported


@onnx_bodied("Loop")
def loop(scope: Scope, node: onnx.NodeProto, *, body: onnx.GraphProto) -> Results:
    """Run a graph while its condition holds; slices are stacked where the number of rounds is known."""
    trips, condition, *initial = [*node.input, "", ""][: max(2, len(node.input))]
    carried = [scope.value(name) for name in initial]
    names = [port.name for port in body.input]
    if len(names) != 2 + len(carried):
        raise unsupported(node, scope.name, f"its body takes {len(names)} inputs, not {2 + len(carried)}")
    # The condition that a body is given holds, since it would not run otherwise.
    parameters: list[Parameter] = [(names[0], TensorType(DType.I64, ())), (names[1], np.array(True))]
    parameters += [(name, value.type) for name, value in zip(names[2:], carried, strict=True)]
    captured = captured_by(scope, body)
    graph = scope.inner(body, parameters, captured)
    goes_on = graph.constant(graph.outputs[0].value)
    exactly = _rounds(scope, node, trips, condition) if goes_on is not None and goes_on.all() else None
    slices = len(graph.outputs) - 1 - len(carried)
    if slices > 0 and exactly is None:
        raise unsupported(
            node, scope.name, "how many rounds it has is computed, and so is the size of a result"
        )
    op = Loop(
        single(scope, trips) if trips else None,
        single(scope, condition) if condition else None,
        tuple(carried),
        captured_values(scope, captured),
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
