"""Outputs that share their tables with nothing else, since users keep them."""

from __future__ import annotations

from dataclasses import replace

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.values import Value


def with_own_outputs(graph: Graph) -> Graph:
    """Copy what an output or a next state would otherwise share with another, or with what a run is given."""
    taken = {*graph.given, *graph.constants}
    names = set(graph.names())
    nodes = list(graph.nodes)
    labels = {state.next: state.name for state in graph.states} | {p.value: p.name for p in graph.outputs}

    def own(value: Value) -> Value:
        label = labels[value]
        if value in taken:
            name = f"{value.name}_copy"
            while name in names:
                name += "_"
            names.add(name)
            nodes.append(Node((Value(name, value.type),), Reshape(value, value.shape), label))
            value = nodes[-1].result
        taken.add(value)
        return value

    changed = graph.with_results(own)
    return replace(changed, nodes=tuple(nodes))
