"""Which tensors lie in tables of vectors: the sums that one dense layer hands on to the next.

Such a layer leaves its sums as they are, three outputs a vector, and the next one takes the lanes apart where
it reads them. So nothing is written between the two but the sums themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.luau.schedules import knows_lanes
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.scalars import IDENTITY
from onnx2luau.compiler.ir.values import Value


def tensors_in_lanes(graph: Graph, options: Options, names: Mapping[Value, str]) -> frozenset[Value]:
    """Return the results of dense layers that one other dense layer reads, where both can do with vectors.

    `names` are those of the layers' functions, by which users choose schedules.
    """
    unable = {
        node.result
        for node in graph.nodes
        if not knows_lanes("dense", options.schedule(names[node.result], node))
    }
    makers, uses = graph.makers(), graph.uses()
    found = set()
    for node in graph.nodes:
        value = node.op.x if isinstance(node.op, Dense) else None
        if value is None or uses[value] != 1 or value not in makers:
            continue
        maker = makers[value]
        is_sum = isinstance(maker.op, Dense) and maker.op.activation == IDENTITY
        if is_sum and not {value, node.result} & unable and _can(graph, maker) and _can(graph, node):
            found.add(value)
    return frozenset(found)


def _can(graph: Graph, node: Node) -> bool:
    """Whether this is a dense layer of one row with finite constants."""
    op = node.op
    if not isinstance(op, Dense):
        return False
    constants = [value for value in (op.weight, op.bias) if value is not None]
    arrays = [graph.constants.get(value) for value in constants]
    is_finite = all(array is not None and bool(np.isfinite(array).all()) for array in arrays)
    return op.is_single and is_finite
