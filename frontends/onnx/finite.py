"""Finds weights that training has spoilt: infinities are legal elsewhere, as in masks and bounds."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping

import numpy as np
import onnx

from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.scalars import Apply, walk
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.ir.weighted import Weighted
from onnx2luau.frontends.onnx.unsupported import described

NORMALIZATIONS = {
    "BatchNormalization",
    "LayerNormalization",
    "GroupNormalization",
    "RMSNormalization",
}
"""Operators that have nothing but trained numbers behind their first input."""
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
        for value in node.op.operands:
            constant = _constant_behind(value, makers)
            array = graph.constants.get(constant)
            if array is None or array.dtype.kind != "f":
                continue
            if _is_spoilt(array, node, makers, is_own=constant in undefined):
                where = f"{graph.name}: the weights of {node.layer!r}"
                raise ModelError(f"{where} hold NaN or infinity; {ADVICE}")


def check_normalization(node: onnx.NodeProto, known: Mapping[str, Value | Array], model: str) -> None:
    """Raise ModelError for a normalisation whose known scales or statistics hold NaN or infinity."""
    if node.op_type not in NORMALIZATIONS:
        return
    for tensor in node.input[1:]:
        array = known.get(tensor)
        if isinstance(array, np.ndarray) and not np.isfinite(array).all():
            raise ModelError(
                f"{model}: {tensor!r} of the {node.op_type} at node {described(node)} holds NaN or infinity; "
                f"{ADVICE}"
            )


def _is_spoilt(array: Array, node: Node, makers: dict[Value, Node], *, is_own: bool) -> bool:
    """Whether an operand of a node is a weight and not finite.

    A bias is also what the layer itself adds to its sums, one number for each output.
    """
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


def undefined(
    node: onnx.NodeProto,
    made: Mapping[str, Array],
    known: Mapping[str, Value | Array],
    before: Container[str],
) -> set[str]:
    """Return those of a node's constant results that hold NaN, if none of its operands brought it along.

    An operand in `before` is NaN by the model's own arithmetic, too.
    """
    found = {tensor for tensor, array in made.items() if _has_nan(array)}
    if node.op_type == "Constant" or any(
        tensor not in before and _has_nan(known.get(tensor)) for tensor in node.input if found
    ):
        return set()
    return found


def _has_nan(known: Value | Array | None) -> bool:
    return isinstance(known, np.ndarray) and known.dtype.kind == "f" and bool(np.isnan(known).any())


def _constant_behind(value: Value, makers: dict[Value, Node]) -> Value:
    """Return the value that this one is, in another shape or order of axes."""
    while value in makers and (before := makers[value].op.rearranged) is not None:
        value = before
    return value
