"""Drops ops that change nothing, and joins moves that follow each other."""

from __future__ import annotations

from dataclasses import replace

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.passes.rewriting import Rewriting


def simplify(graph: Graph) -> Graph:
    """Remove identities, reshapes of reshapes and transposes of transposes."""
    return Rewriting(graph).run(simplified)


def simplified(state: Rewriting, node: Node) -> Node | Value | None:
    """Return a simpler node, or a value that equals the node's result, or None where neither is known."""
    op = _joined(state, node.op.canonical())
    source = op.unchanged()
    if source is not None and source.type == node.result.type and len(node.results) == 1:
        return source
    return None if op is node.op else replace(node, op=op)


def _joined(state: Rewriting, op: Op) -> Op:
    """Put one op in the place of two."""
    before = state.makers.get(op.operands[0]) if op.operands else None
    joined = op.joined(before.op) if before is not None else None
    return op if joined is None else joined
