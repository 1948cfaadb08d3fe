"""Keeps the outputs that are asked for, and what they are computed from; finds which do without a node."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import onnx

from onnx2luau.compiler.errors import UsageError
from onnx2luau.frontends.onnx.unsupported import UnsupportedError
from onnx2luau.frontends.onnx.walk import nodes_of

MOST_SHOWN = 5


def select_outputs(model: onnx.ModelProto, names: Sequence[str], where: str) -> onnx.ModelProto:
    """Return the model with the outputs `names` alone, which may be inner tensors, in this order.

    Nodes, weights and inputs that only other outputs need are left out; an input that nothing reads at all
    stays. UsageError for a name that the model has no tensor of.
    """
    graph = model.graph
    outputs = {port.name: port for port in graph.output}
    if list(names) == [port.name for port in graph.output]:
        return model
    makers = {tensor: node for node in graph.node for tensor in node.output if tensor}
    for name in names:
        if name not in makers and name not in outputs:
            raise UsageError(_unknown(name, list(outputs), list(makers), where))
    needed = _needed(names, makers)
    types = {port.name: port for port in graph.value_info} | outputs
    result = onnx.ModelProto(ir_version=model.ir_version)
    result.opset_import.extend(model.opset_import)
    result.functions.extend(model.functions)
    selected = result.graph
    selected.name, selected.doc_string = graph.name, graph.doc_string
    selected.node.extend(node for node in graph.node if not needed.isdisjoint(filter(None, node.output)))
    selected.initializer.extend(tensor for tensor in graph.initializer if tensor.name in needed)
    selected.sparse_initializer.extend(
        tensor for tensor in graph.sparse_initializer if tensor.values.name in needed
    )
    read = {tensor for node in graph.node for tensor in reads(node)} | set(outputs)
    selected.input.extend(port for port in graph.input if port.name in needed or port.name not in read)
    selected.value_info.extend(port for port in graph.value_info if port.name in needed - set(names))
    for name in names:
        selected.output.append(types.get(name) or onnx.helper.make_empty_tensor_value_info(name))
    return result


def reads(node: onnx.NodeProto) -> set[str]:
    """Return every tensor that a node may read: its inputs, and those of the graphs in its attributes."""
    return {tensor for inner in nodes_of(node) for tensor in inner.input if tensor}


def free_outputs(graph: onnx.GraphProto, node: onnx.NodeProto) -> list[str]:
    """Return the outputs of a graph that are computed without a node of it."""
    affected = set(node.output)
    for each in graph.node:
        if not affected.isdisjoint(reads(each)):
            affected.update(each.output)
    return [port.name for port in graph.output if port.name not in affected]


def with_way_around(
    error: UnsupportedError, graph: onnx.GraphProto, node: onnx.NodeProto
) -> UnsupportedError:
    """Return the refusal of a node, with the outputs that do without it."""
    names = free_outputs(graph, node)
    if not names:
        return error
    shown = ", ".join(map(repr, names[:MOST_SHOWN])) + (
        f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    )
    return UnsupportedError(f"{error}; --output NAME compiles an output that does without it: {shown}")


def _needed(names: Sequence[str], makers: dict[str, onnx.NodeProto]) -> set[str]:
    """Return the tensors that some are computed from, and these themselves."""
    needed, waiting = set(names), list(names)
    while waiting:
        node = makers.get(waiting.pop())
        for tensor in reads(node) - needed if node is not None else ():
            needed.add(tensor)
            waiting.append(tensor)
    return needed


def _unknown(name: str, outputs: Sequence[str], inner: Sequence[str], where: str) -> str:
    near = get_close_matches(name, [*outputs, *inner], n=1)
    guess = f"; did you mean {near[0]!r}?" if near else f"; its outputs are {', '.join(map(repr, outputs))}"
    return f"{where}: there is no tensor {name!r} for --output{guess}"
