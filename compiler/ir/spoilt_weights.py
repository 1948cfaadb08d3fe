"""Finds weights that training has spoilt: infinities are legal elsewhere, as in masks and bounds."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.scalars import Apply, walk
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.ir.weighted import Weighted

ARITHMETIC = {"add", "sub", "mul", "div", "neg"}
"""Scalar functions that give NaN whatever the other operand is."""
ADVICE = "train again, or pass --allow-nonfinite if that is meant"


def check_weights(graph: Graph, undefined: Collection[Value | None] = ()) -> None:
    """Raise ModelError for a dense or convolution layer with NaN or infinity in its matrix or its bias.

    Also for NaN in what is added or multiplied anywhere: normalisations may come as such steps. Constants in
    `undefined` hold NaN by the model's own arithmetic, and may do so there.
    """
    makers = graph.makers()
    for node in graph.nodes:
        for inner in node.op.graphs:
            check_weights(inner, undefined)
        for value in node.op.operands:
            constant = _constant_behind(value, makers)
            array = graph.constants.get(constant)
            if array is None or array.dtype.kind != "f":
                continue
            if _is_spoilt(array, node, makers, is_own=constant in undefined):
                where = f"{graph.name}: the weights of {node.layer or node.result.name!r}"
                raise ModelError(f"{where} hold NaN or infinity; {ADVICE}")


def _is_spoilt(array: Array, node: Node, makers: dict[Value, Node], *, is_own: bool) -> bool:
    """Whether an operand of a node is a weight and not finite.

    A bias is also what the layer itself adds to its sums, one number for each output.
    """
    if node.op.graphs:
        return False  # what a body multiplies is asked in there
    if node.op.multiply_adds:
        return not np.isfinite(array).all()
    if not isinstance(node.op, Pointwise):
        return False
    before = [makers[value] for value in node.op.operands if value in makers]
    heavy = [(each, each.op.weight.shape[0]) for each in before if isinstance(each.op, Weighted)]
    if any(each.layer == node.layer and array.size in (1, outputs) for each, outputs in heavy):
        return not np.isfinite(array).all()
    applied = {each.function for each in walk(node.op.body) if isinstance(each, Apply)}
    return applied <= ARITHMETIC and not is_own and bool(np.isnan(array).any())


def _constant_behind(value: Value, makers: dict[Value, Node]) -> Value:
    """Return the value that this one is, in another shape or order of axes."""
    while value in makers and (before := makers[value].op.rearranged) is not None:
        value = before
    return value
