"""Computes, while compiling, whatever depends on constants alone, and what has no elements to compute."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from onnx2luau.backends.numpy import evaluate_op
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.passes.rewriting import Outcome, Rewriting

GROWTH = 4
SMALL = 1024
"""A result is not folded when it is larger than this and than GROWTH times its operands: an expanded
constant would only make the build larger."""


def fold_constants(graph: Graph) -> Graph:
    """Replace every op over constants, and every one without elements, with its result."""
    return Rewriting(graph).run(_fold)


def _fold(state: Rewriting, node: Node) -> Outcome:
    operands, types = node.op.operands, [value.type for value in node.results]
    size = sum(type_.size for type_ in types)
    if size == 0:
        empty = (np.zeros(type_.shape, type_.dtype.numpy) for type_ in types)
        return _constants(state, node, empty, "empty")
    if not all(operand in state.constants for operand in operands):
        return None
    # What is made of nothing is folded at any size, so that kernels meet no operand without elements.
    is_of_something = all(operand.type.size for operand in operands)
    if is_of_something and size > max(SMALL, GROWTH * sum(operand.type.size for operand in operands)):
        return None
    return _constants(state, node, evaluate_op(node.op, state.constants.__getitem__), "folded")


def _constants(state: Rewriting, node: Node, arrays: Iterable[Array], end: str) -> tuple[Value, ...]:
    made = zip(node.results, arrays, strict=True)
    return tuple(state.constant(array, f"{value.name}_{end}") for value, array in made)
