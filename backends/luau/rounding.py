"""Rounds weights to the precision they will be stored in, so that every later step sees the same numbers."""

from __future__ import annotations

from dataclasses import replace

from onnx2luau.backends.luau.weights import reduced
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.ops.conv import Conv
from onnx2luau.compiler.ir.ops.dense import Dense


def round_weights(graph: Graph, precision: str) -> Graph:
    """Return the graph with the matrices of Dense and Conv as they come back from storage."""
    heavy = {node.op.weight for node in graph.nodes if isinstance(node.op, Dense | Conv)}
    constants = {
        value: reduced(array, precision) if value in heavy else array
        for value, array in graph.constants.items()
    }
    return replace(graph, constants=constants)
