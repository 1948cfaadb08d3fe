"""Turns the columns of a dense layer's weights instead of the tensor that is flattened for it.

Keras flattens pictures with channels last, so that a transpose comes before; the weights can be stored in the
other order as well.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.ops.transpose import Transpose
from onnx2luau.compiler.passes.remove_dead_code import remove_dead_code
from onnx2luau.compiler.passes.rewriting import Rewriting


def fold_transposes(graph: Graph) -> Graph:
    """Put the transpose of a tensor that a Dense reads flattened into the Dense's constant weights."""
    return remove_dead_code(Rewriting(graph).run(_rule))


def _rule(state: Rewriting, node: Node) -> Node | None:
    dense = node.op
    if not isinstance(dense, Dense) or dense.weight not in state.constants or dense.x.type.size == 0:
        return None
    flatten = state.maker(dense.x, Reshape)
    turn = state.maker(flatten.op.operands[0], Transpose) if flatten is not None else None
    if flatten is None or turn is None or not isinstance(turn.op, Transpose):
        return None
    places = _places(turn.op, dense.weight.shape[1])
    if places is None:
        return None
    x = state.insert(replace(flatten, op=Reshape(turn.op.x, dense.x.shape)))
    turned = np.ascontiguousarray(state.constants[dense.weight][:, np.argsort(places)])
    return replace(node, op=replace(dense, x=x, weight=state.constant(turned, f"{dense.weight.name}_turned")))


def _places(op: Transpose, inputs: int) -> list[int] | None:
    """Return where each input of a row lies before the transpose, or None if rows don't stay together."""
    extents = op.result_type().shape
    for axis in range(len(extents) + 1):
        if math.prod(extents[axis:]) == inputs and list(op.permutation[:axis]) == list(range(axis)):
            row = np.arange(inputs).reshape(op.x.shape[axis:])
            order = [moved - axis for moved in op.permutation[axis:]]
            places: list[int] = row.transpose(order).ravel().tolist()
            return places
    return None
