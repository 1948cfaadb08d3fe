"""Computes, while compiling, whatever depends on constants alone, and what has no elements to compute."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.numpy import evaluate_op
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.passes.rewriting import Rewriting

GROWTH = 4
SMALL = 1024
"""A result is not folded when it is larger than this and than GROWTH times its operands: an expanded
constant would only make the build larger."""


def fold_constants(graph: Graph) -> Graph:
    """Replace every op over constants, and every one without elements, with its result."""
    return Rewriting(graph).run(_fold)


def _fold(state: Rewriting, node: Node) -> Node | Value | None:
    operands, type_ = node.op.operands, node.result.type
    if type_.size == 0:
        return state.constant(np.zeros(type_.shape, type_.dtype.numpy), f"{node.result.name}_empty")
    if not all(operand in state.constants for operand in operands):
        return None
    # What is made of nothing is folded at any size, so that kernels meet no operand without elements.
    is_of_something = all(operand.type.size for operand in operands)
    if is_of_something and type_.size > max(SMALL, GROWTH * sum(operand.type.size for operand in operands)):
        return None
    return state.constant(evaluate_op(node.op, state.constants.__getitem__), f"{node.result.name}_folded")
