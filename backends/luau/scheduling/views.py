"""Tensors that need no table of their own: they are another tensor's elements, read in place."""

from __future__ import annotations

from onnx2luau.backends.luau.program import View
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.types import strides
from onnx2luau.compiler.ir.values import Value


def reshaped_views(graph: Graph) -> dict[Value, View]:
    """Return what each reshape is a view of; an output takes over a table that is nobody else's."""
    own = set(graph.results)
    fixed = {*graph.given, *graph.constants}
    roots: dict[Value, Value] = {}
    claimed: set[Value] = set()
    for node in graph.nodes:
        if not isinstance(node.op, Reshape):
            continue
        root = roots.get(node.op.x, node.op.x)
        if node.result not in own:
            roots[node.result] = root
        elif root not in fixed and root not in own and root not in claimed:
            # A second output of the same table is a copy.
            claimed.add(root)
            roots[node.result] = root
    return {
        value: View(root, strides(value.shape))
        for value, root in roots.items()
        if root not in graph.constants
    }
