"""Finds weights that training has spoilt: NaN and infinity are legal elsewhere, as in masks and bounds."""

from __future__ import annotations

import numpy as np

from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.conv import Conv
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.ops.matmul import Matmul
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.ops.transpose import Transpose
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value


def check_weights(graph: Graph) -> None:
    """Raise ModelError for a dense or convolution layer with NaN or infinity in its matrix or its bias."""
    makers = graph.makers()
    for node in graph.nodes:
        for value in node.op.operands:
            array = _constant_behind(value, graph, makers)
            if array is not None and array.dtype.kind == "f" and _is_spoilt(array, node, makers):
                raise ModelError(
                    f"{graph.name}: the weights of {node.layer!r} hold NaN or infinity; "
                    "train again, or pass --allow-nonfinite if that is meant"
                )


def _is_spoilt(array: Array, node: Node, makers: dict[Value, Node]) -> bool:
    """Whether an operand of a node is a weight and not finite.

    A bias is also what is added to the sums of a layer: one number for each output by the layer itself, or
    NaN by the step after it, where an infinity may be a mask.
    """
    if isinstance(node.op, Dense | Conv | Matmul):
        return not np.isfinite(array).all()
    if not isinstance(node.op, Pointwise):
        return False
    before = [makers[value] for value in node.op.operands if value in makers]
    heavy = [(each, each.op.weight.shape[0]) for each in before if isinstance(each.op, Dense | Conv)]
    if any(each.layer == node.layer and array.size in (1, outputs) for each, outputs in heavy):
        return not np.isfinite(array).all()
    return bool(heavy) and bool(np.isnan(array).any())


def _constant_behind(value: Value, graph: Graph, makers: dict[Value, Node]) -> Array | None:
    """Return the constant that a value is, in whatever shape and order of axes."""
    while value in makers:
        op = makers[value].op
        if not isinstance(op, Reshape | Transpose):
            return None
        value = op.x
    return graph.constants.get(value)
