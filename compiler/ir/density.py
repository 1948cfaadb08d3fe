"""How many of a layer's inputs are not zero, which is the work of loops that leave zeros out."""

from __future__ import annotations

from collections.abc import Mapping

from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.scalar_facts import HALF, density_after
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.ir.weighted import Weighted


def expected_densities(graph: Graph, given: Mapping[Value, float] | None = None) -> dict[Value, float]:
    """Return, by the result of each layer with weights, which share of what it reads is not zero.

    Of an input half is expected, as of pictures and features that are mostly absent; but all of one that is
    rows of features, like tokens or frames. `given` are those of inputs of which more is known.
    """
    inputs = {port.value for port in graph.inputs}
    of_tensors = dict.fromkeys(inputs, HALF) | dict(given or {})
    expected = {}
    for node in graph.nodes:
        read = [of_tensors.get(value, 1.0) for value in node.op.operands if value not in graph.constants]
        if isinstance(node.op, Weighted):
            first = 1.0 if node.op.is_over_rows and node.op.x in inputs else max(read[:1], default=1.0)
            expected[node.result] = density_after(node.op.before, first)
        of_tensors |= dict.fromkeys(node.results, node.op.density(max(read, default=1.0)))
    return expected
