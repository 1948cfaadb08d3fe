"""Which tensors lie in lanes: those that one layer hands on to the next, where both can do with vectors.

Such a layer leaves its sums as they are, three outputs a vector, and the next one takes the lanes apart where
it reads them. So nothing is written between the two but the sums themselves.
"""

from __future__ import annotations

from collections.abc import Mapping

from onnx2luau.backends.luau.program import Lanes, Layout
from onnx2luau.backends.luau.scheduling.ways import Ways
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.values import Value


def in_lanes(graph: Graph, layouts: Mapping[Value, Layout], ways: Ways) -> dict[Value, Layout]:
    """Return the layouts, with lanes along the last axis for what one node makes and one other reads.

    Both have to have a schedule that can do with them, together with the lanes found before.
    """
    found = dict(layouts)
    makers, uses = graph.makers(), graph.uses()
    for node in graph.nodes:
        for value in node.op.operands:
            maker = makers.get(value)
            if maker is None or uses[value] != 1 or value in layouts:
                continue
            found[value] = Lanes(value.type.rank - 1)
            if not (ways(maker, found) and ways(node, found)):
                del found[value]
    return found
