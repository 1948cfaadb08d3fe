"""Outputs that share their tables with nothing else, since users keep them."""

from __future__ import annotations

from dataclasses import replace

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.values import Value


def with_own_outputs(graph: Graph) -> Graph:
    """Copy what an output would otherwise share with an input, a constant or another output."""
    taken = {port.value for port in graph.inputs} | set(graph.constants)
    names = set(graph.names())
    nodes, outputs = list(graph.nodes), []
    for port in graph.outputs:
        value = port.value
        if value in taken:
            name = f"{value.name}_copy"
            while name in names:
                name += "_"
            names.add(name)
            value = Value(name, value.type)
            nodes.append(Node((value,), Reshape(port.value, value.shape), port.name))
        taken.add(value)
        outputs.append(replace(port, value=value))
    return replace(graph, nodes=tuple(nodes), outputs=tuple(outputs))
