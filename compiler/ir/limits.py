"""What a graph may hold: small files can ask for more than any machine has."""

from __future__ import annotations

from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.memory import peak
from onnx2luau.compiler.ir.types import DType, TensorType

LARGEST_TENSOR = 2**26
"""Luau's tables hold no more elements in their array part."""
MOST_ELEMENTS = 2**26
"""Of all constants and tensors that exist at once; an element of a Luau table takes 16 bytes."""
HIGHEST_RANK = 64
"""Numpy's arrays have no more axes."""
MOST_PORTS = 1000
"""Inputs and outputs together; a script that describes more of them would be too long for Roblox."""


def excess(type_: TensorType) -> str:
    """Return what a tensor has too much of, or no text."""
    if type_.size > LARGEST_TENSOR:
        return f"{type_}, more than the {LARGEST_TENSOR:,} elements that a Luau table holds"
    if type_.rank > HIGHEST_RANK:
        return f"{type_}, more than the {HIGHEST_RANK} axes that are supported"
    return ""


def check_ports(name: str, count: int) -> None:
    """Raise ModelError for more inputs and outputs than a build can describe."""
    if count > MOST_PORTS:
        raise ModelError(
            f"{name}: the model has {count:,} inputs and outputs, and a build has at most {MOST_PORTS:,}; "
            "give the model fewer and larger ones"
        )


def check_peak(graph: Graph) -> Graph:
    """Return the graph; ModelError for one that no device could hold, before anything of it is allocated."""
    elements, node = peak(graph)
    if elements > MOST_ELEMENTS:
        where = f"at node {node.layer or node.result.name!r} " if node is not None else ""
        raise ModelError(
            f"{graph.name}: {where}the network needs {elements:,} numbers at once, more than the "
            f"{MOST_ELEMENTS:,} that fit into {MOST_ELEMENTS * 16 >> 20:,} MB of Luau tables"
        )
    return graph


def check_limits(graph: Graph) -> Graph:
    """Return the graph if it keeps to what graphs of models keep to; ModelError otherwise."""
    check_ports(graph.name, len(graph.inputs) + len(graph.outputs) + len(graph.states))
    for inner in (inner for node in graph.nodes for inner in node.op.graphs):
        check_limits(inner)
    for value in (*graph.constants, *graph.values()):
        if too_much := excess(value.type):
            raise ModelError(f"{graph.name}: %{value.name} is {too_much}")
        if value.type.dtype is DType.F16:
            raise ModelError(
                f"{graph.name}: %{value.name} is f16, which is for stored weights only; make it f32"
            )
    for port in graph.inputs:
        if port.value.type.size == 0:
            raise ModelError(f"{graph.name}: the input {port.name!r} has no elements")
    return check_peak(graph)
