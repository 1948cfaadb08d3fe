"""The names of the generated functions, from those that the model gives its layers."""

from __future__ import annotations

from collections.abc import Sequence

from onnx2luau.backends.luau.emit.names import identifier
from onnx2luau.compiler.ir.graph import Node
from onnx2luau.compiler.ir.ops import op_name
from onnx2luau.compiler.ir.values import Value


def function_names(nodes: Sequence[Node], taken: set[str]) -> dict[Value, str]:
    """Return a free name for the function of each node, by its result."""
    return {node.result: identifier(_hint(node, taken), taken) for node in nodes}


def _hint(node: Node, taken: set[str]) -> str:
    """Return the part of a layer's name that tells it from others: exporters write scope/layer/operator."""
    parts = [part for part in node.layer.split("/") if part][-2:] or [op_name(node.op)]
    is_free = identifier(parts[0], set(taken)) == identifier(parts[0], set())
    return parts[0] if is_free else " ".join(parts)
