"""Folds a scale and a shift by constants into the layer with weights before them.

Batch normalisation and separate bias additions disappear here: (W x + b) * s + t is (s W) x + (s b + t).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.scalars import IDENTITY, Apply, Argument, Number, Scalar
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.weighted import Weighted
from onnx2luau.compiler.passes.rewriting import Rewriting


def fold_affine(graph: Graph) -> Graph:
    """Absorb additions and multiplications by per-output constants into the weights and the bias."""
    return Rewriting(graph).run(_rule)


def _rule(state: Rewriting, node: Node) -> Node | None:
    if not isinstance(node.op, Pointwise):
        return None
    for index, value in enumerate(node.op.inputs):
        maker = state.makers.get(value)
        if (
            maker is not None
            and isinstance(maker.op, Weighted)
            and maker.op.activation == IDENTITY
            and maker.op.weight in state.constants
            and (maker.op.bias is None or maker.op.bias in state.constants)
            and state.only_reader(value, node.op)
            and node.result.type == value.type
        ):
            with np.errstate(all="ignore"):  # what becomes infinite is not folded
                op = _folded(state, node.op, index, maker.op)
            if op is not None:
                state.absorb(maker, node.op, op)
                return replace(node, op=op, layer=maker.layer)
    return None


def _affine(state: Rewriting, op: Pointwise, index: int, heavy: Weighted) -> tuple[Array, Array] | None:
    """Return the scale and the shift that `op` applies to its operand `index`, one for each output."""
    if not isinstance(op.body, Apply) or len(op.body.arguments) != 2:
        return None
    left, right = op.body.arguments
    here = Argument(index)
    if (left == here) == (right == here):
        return None
    other = _per_output(state, op, right if left == here else left, heavy)
    if other is None:
        return None
    one, zero = np.ones_like(other), np.zeros_like(other)
    match op.body.function, left == here:
        case "add", _:
            return one, other
        case "sub", True:
            return one, -other
        case "sub", False:
            return -one, other
        case "mul", _:
            return other, zero
        case "div", True:
            return 1 / other, zero
    return None


def _per_output(state: Rewriting, op: Pointwise, other: Scalar, heavy: Weighted) -> Array | None:
    """Return the other operand as one f64 number for each output, if it is constant and has that form."""
    outputs = heavy.weight.shape[0]
    if isinstance(other, Number):
        return np.full(outputs, other.value)
    if not isinstance(other, Argument):
        return None
    value = op.inputs[other.index]
    array = state.constants.get(value)
    if array is None:
        return None
    rank = heavy.x.type.rank
    shape = (1,) * (rank - array.ndim) + array.shape
    if any(extent != 1 for position, extent in enumerate(shape) if position != heavy.output_axis):
        return None
    return np.broadcast_to(array.ravel().astype(np.float64), outputs)


def _folded(state: Rewriting, op: Pointwise, index: int, heavy: Weighted) -> Weighted | None:
    """Return `heavy` with what `op` does to its result, or None where that is not the same."""
    scale_and_shift = _affine(state, op, index, heavy)
    if scale_and_shift is None:
        return None
    scale, shift = scale_and_shift
    weight = state.constants[heavy.weight]
    bias = np.zeros(len(weight)) if heavy.bias is None else state.constants[heavy.bias].astype(np.float64)
    new_bias = (bias * scale + shift).astype(weight.dtype)
    new_weight = (weight * scale.reshape(-1, *[1] * (weight.ndim - 1))).astype(weight.dtype)
    if not (np.isfinite(new_bias).all() and np.isfinite(new_weight).all()):
        return None
    known_bias = state.constant(new_bias, f"{heavy.weight.name}_bias")
    if (scale == 1).all():
        return heavy.replaced(bias=known_bias)
    return heavy.replaced(weight=state.constant(new_weight, f"{heavy.weight.name}_scaled"), bias=known_bias)
