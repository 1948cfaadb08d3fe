"""Finds weights that training has spoilt: infinities are legal elsewhere, as in masks and bounds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx

from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.conv import Conv
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.ops.matmul import Matmul
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.ops.transpose import Transpose
from onnx2luau.compiler.ir.scalars import Apply, walk
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value
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


def check_weights(graph: Graph) -> None:
    """Raise ModelError for a dense or convolution layer with NaN or infinity in its matrix or its bias.

    Also for NaN in what is added or multiplied anywhere: normalisations may come as such steps.
    """
    makers = graph.makers()
    for node in graph.nodes:
        for value in node.op.operands:
            array = _constant_behind(value, graph, makers)
            if array is not None and array.dtype.kind == "f" and _is_spoilt(array, node, makers):
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


def _is_spoilt(array: Array, node: Node, makers: dict[Value, Node]) -> bool:
    """Whether an operand of a node is a weight and not finite.

    A bias is also what the layer itself adds to its sums, one number for each output.
    """
    if isinstance(node.op, Dense | Conv | Matmul):
        return not np.isfinite(array).all()
    if not isinstance(node.op, Pointwise):
        return False
    before = [makers[value] for value in node.op.operands if value in makers]
    heavy = [(each, each.op.weight.shape[0]) for each in before if isinstance(each.op, Dense | Conv)]
    if any(each.layer == node.layer and array.size in (1, outputs) for each, outputs in heavy):
        return not np.isfinite(array).all()
    applied = {each.function for each in walk(node.op.body) if isinstance(each, Apply)}
    return applied <= ARITHMETIC and bool(np.isnan(array).any())


def _constant_behind(value: Value, graph: Graph, makers: dict[Value, Node]) -> Array | None:
    """Return the constant that a value is, in whatever shape and order of axes."""
    while value in makers:
        op = makers[value].op
        if not isinstance(op, Reshape | Transpose):
            return None
        value = op.x
    return graph.constants.get(value)
