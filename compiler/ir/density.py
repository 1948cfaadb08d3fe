"""How many of a layer's inputs are not zero, which is the work of loops that leave zeros out."""

from __future__ import annotations

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.conv import Conv
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.ops.softmax import Softmax
from onnx2luau.compiler.ir.scalars import IDENTITY, Apply, Number, Scalar, walk
from onnx2luau.compiler.ir.values import Value

HALF = 0.5
"""After a ReLU; also assumed of inputs of which nothing is known."""


def expected_densities(graph: Graph) -> dict[Value, float]:
    """Return, by the result of each layer with weights, which share of what it reads is not zero."""
    of_tensors = dict.fromkeys((port.value for port in graph.inputs), HALF)
    expected = {}
    for node in graph.nodes:
        read = [of_tensors.get(value, 1.0) for value in node.op.operands if value not in graph.constants]
        if isinstance(node.op, Dense | Conv):
            before = node.op.before if isinstance(node.op, Dense) else IDENTITY
            expected[node.result] = after(before, read[0] if read else 1.0)
        of_tensors[node.result] = _of_result(node, max(read, default=1.0))
    return expected


def _of_result(node: Node, read: float) -> float:
    match node.op:
        case Dense(activation=activation) | Conv(activation=activation):
            return after(activation, 1.0)
        case Pointwise(body=body):
            return after(body, read if body == IDENTITY else 1.0)
        case Softmax():
            return 1.0
    return read


def after(body: Scalar, density: float) -> float:
    """Return the share that is left after a scalar function: half, if it cuts numbers off at zero."""
    if body == IDENTITY:
        return density
    cuts = any(
        isinstance(each, Apply) and each.function == "max" and Number(0) in each.arguments
        for each in walk(body)
    )
    return HALF if cuts else 1.0
