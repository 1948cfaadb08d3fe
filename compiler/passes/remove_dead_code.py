"""Removes what no output depends on."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.values import Value


def remove_dead_code(graph: Graph) -> Graph:
    """Drop nodes and constants that nothing reads; inputs stay, since the caller passes them."""
    needed = {*graph.results, *(state.initial for state in graph.states)}
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        if not needed.isdisjoint(node.results):
            kept.append(_narrowed(node, needed))
            needed.update(node.op.operands)
    constants = {value: array for value, array in graph.constants.items() if value in needed}
    return replace(graph, nodes=tuple(reversed(kept)), constants=constants)


def _narrowed(node: Node, needed: Container[Value]) -> Node:
    """Return the node without the last of its results, if nothing reads them and that saves work."""
    count = max(place for place, value in enumerate(node.results, 1) if value in needed)
    op = node.op.narrowed(count)
    made = len(op.result_types())
    return (
        node
        if op == node.op
        else replace(node, op=op, results=node.results[:made], tensors=node.tensors[:made])
    )
