"""Rounds weights to the precision they will be stored in, so that every later step sees the same numbers."""

from __future__ import annotations

from dataclasses import replace

from onnx2luau.backends.luau.weights import reduced
from onnx2luau.compiler.ir.bodied import everywhere
from onnx2luau.compiler.ir.graph import Graph


def round_weights(graph: Graph, precision: str) -> Graph:
    """Return the graph with the matrices of its layers as they come back from storage."""
    return everywhere(lambda each: _rounded(each, precision), graph)


def _rounded(graph: Graph, precision: str) -> Graph:
    heavy = {weight for node in graph.nodes for weight in node.op.weights}
    constants = {
        value: reduced(array, precision) if value in heavy else array
        for value, array in graph.constants.items()
    }
    return replace(graph, constants=constants)
