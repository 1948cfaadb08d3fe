"""The branch of an If that is taken, where that is known while compiling."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import onnx

from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value


def taken_branch(
    node: onnx.NodeProto, known: Mapping[str, Value | Array], taken: Collection[str]
) -> list[onnx.NodeProto] | None:
    """Return the nodes that take the place of an If with a constant condition, or None if it is none.

    `taken` are the tensors that have a name already; the branch's own get names that are none of them.
    """
    condition = known.get(node.input[0]) if node.op_type == "If" and node.input else None
    if node.domain not in ("", "ai.onnx") or not isinstance(condition, np.ndarray) or condition.size != 1:
        return None
    wanted = "then_branch" if condition.item() else "else_branch"
    graph = next((each.g for each in node.attribute if each.name == wanted), None)
    if graph is None or graph.sparse_initializer or len(graph.output) != len(node.output):
        return None
    nodes = [_constant(tensor) for tensor in graph.initializer] + list(graph.node)
    names = _names(node, graph, nodes, taken)
    renamed = [_renamed(each, names) for each in nodes]
    made = {tensor for each in nodes for tensor in each.output}
    for port, output in zip(graph.output, node.output, strict=True):
        if output and names.get(port.name) != output:  # it comes from outside, or is an output twice
            source = names.get(port.name, port.name) if port.name in made else port.name
            renamed.append(onnx.helper.make_node("Identity", [source], [output]))
    return renamed


def _constant(tensor: onnx.TensorProto) -> onnx.NodeProto:
    return onnx.helper.make_node("Constant", [], [tensor.name], value=tensor)


def _names(
    node: onnx.NodeProto, graph: onnx.GraphProto, nodes: list[onnx.NodeProto], taken: Collection[str]
) -> dict[str, str]:
    """Return the new name of every tensor that the branch makes."""
    made = {tensor for each in nodes for tensor in each.output if tensor}
    prefix = node.name or next(filter(None, node.output), node.op_type)
    while any(f"{prefix}/{tensor}" in taken for tensor in made):
        prefix += "'"
    names = {tensor: f"{prefix}/{tensor}" for tensor in made}
    for port, output in zip(graph.output, node.output, strict=True):
        if output and names.get(port.name) == f"{prefix}/{port.name}":
            names[port.name] = output
    return names


def _renamed(node: onnx.NodeProto, names: Mapping[str, str]) -> onnx.NodeProto:
    """Return a copy that reads and makes tensors of other names, in the graphs inside it too."""
    result = onnx.NodeProto()
    result.CopyFrom(node)
    _rename(result, names)
    return result


def _rename(node: onnx.NodeProto, names: Mapping[str, str]) -> None:
    for tensors in (node.input, node.output):
        renamed = [names.get(tensor, tensor) for tensor in tensors]
        del tensors[:]
        tensors.extend(renamed)
    for attribute in node.attribute:
        for graph in ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs):
            for inner in graph.node:
                _rename(inner, names)
            for port in graph.output:
                port.name = names.get(port.name, port.name)
