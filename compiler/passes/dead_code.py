"""Removes what no output depends on."""

from __future__ import annotations

from dataclasses import replace

from onnx2luau.compiler.ir.graph import Graph, Node


def remove_dead_code(graph: Graph) -> Graph:
    """Drop nodes and constants that nothing reads; inputs stay, since the caller passes them."""
    needed = {port.value for port in graph.outputs}
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        if node.result in needed:
            kept.append(node)
            needed.update(node.op.operands)
    constants = {value: array for value, array in graph.constants.items() if value in needed}
    return replace(graph, nodes=tuple(reversed(kept)), constants=constants)
