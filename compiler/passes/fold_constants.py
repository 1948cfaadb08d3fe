"""Computes, while compiling, whatever depends on constants alone."""

from __future__ import annotations

from onnx2luau.backends.numpy import evaluate_op
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.passes.rewriting import Rewriting

GROWTH = 4
SMALL = 1024
"""A result is not folded when it is larger than this and than GROWTH times its operands: an expanded
constant would only make the build larger."""


def fold_constants(graph: Graph) -> Graph:
    """Replace every op over constants with its result."""
    return Rewriting(graph).run(_fold)


def _fold(state: Rewriting, node: Node) -> Node | Value | None:
    operands = node.op.operands
    if not all(operand in state.constants for operand in operands):
        return None
    if node.result.type.size > max(SMALL, GROWTH * sum(operand.type.size for operand in operands)):
        return None
    return state.constant(evaluate_op(node.op, state.constants.__getitem__), f"{node.result.name}_folded")
