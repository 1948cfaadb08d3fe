"""How many elements a network needs at once: its constants, and the tensors that live beside each other."""

from __future__ import annotations

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.values import Value


def peak(graph: Graph) -> tuple[int, Node | None]:
    """Return the most elements that exist at once, and the node whose result makes them so many.

    Inputs, outputs and constants that are read live all the time, every other tensor from the node that makes
    it to the last one that reads it. A reshape makes no tensor of its own.
    """
    owner = _owners(graph)
    lasting = set(graph.given) | {owner[value] for value in graph.results}
    lasting |= {operand for node in graph.nodes for operand in node.op.operands if operand in graph.constants}
    last = {owner[operand]: node for node in graph.nodes for operand in node.op.operands}
    dying: dict[Value, list[Value]] = {}
    for value, node in last.items():
        if value not in lasting:
            dying.setdefault(node.result, []).append(value)
    alive = sum(value.type.size for value in lasting)
    most, at = alive, graph.nodes[-1] if graph.nodes else None
    for node in graph.nodes:
        made = [value for value in node.results if owner[value] == value and value not in lasting]
        alive += sum(value.type.size for value in made)
        inner = max((peak(body)[0] for body in node.op.graphs), default=0)
        if alive + inner > most:
            most, at = alive + inner, node
        alive -= sum(value.type.size for value in made if value not in last)
        alive -= sum(value.type.size for value in dying.get(node.result, ()))
    return most, at


def _owners(graph: Graph) -> dict[Value, Value]:
    """Return, for each value, the one whose elements it shares: itself, or what it is a reshape of."""
    owner = {value: value for value in graph.given}
    owner |= {value: value for value in graph.constants}
    for node in graph.nodes:
        shared = owner[node.op.x] if isinstance(node.op, Reshape) else None
        owner |= {value: shared or value for value in node.results}
    return owner
