"""One canonical order of the nodes of an ONNX graph, whatever order they come in."""

from __future__ import annotations

from collections.abc import Iterator

import onnx


def in_order(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """Return the nodes that the outputs need, each after those it needs, operands from left to right."""
    makers = {output: node for node in graph.node for output in node.output if output}
    done: set[int] = set()
    ordered: list[onnx.NodeProto] = []
    # A stack instead of recursion: a deep network has more nodes than Python has frames.
    stack = [(makers[output.name], False) for output in reversed(graph.output) if output.name in makers]
    while stack:
        node, ready = stack.pop()
        if id(node) in done:
            continue
        if ready:
            done.add(id(node))
            ordered.append(node)
            continue
        stack.append((node, True))
        needs = [*node.input, *captured(node)]
        stack.extend((makers[name], False) for name in reversed(needs) if name in makers)
    return ordered


def captured(node: onnx.NodeProto) -> list[str]:
    """Return the names that the node's loop body or branches take from the graph around them, each once."""
    return list(dict.fromkeys(name for body in bodies(node) for name in _free(body)))


def bodies(node: onnx.NodeProto) -> list[onnx.GraphProto]:
    """Return the graphs that the node holds."""
    return [attribute.g for attribute in node.attribute if attribute.HasField("g")]


def _free(graph: onnx.GraphProto) -> Iterator[str]:
    own = {value.name for value in graph.input} | {tensor.name for tensor in graph.initializer}
    own.update(output for node in graph.node for output in node.output)
    used = [name for node in graph.node for name in (*node.input, *captured(node))]
    used.extend(output.name for output in graph.output)
    yield from (name for name in used if name and name not in own)
