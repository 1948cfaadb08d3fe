"""Moves transposes behind the ops that do the same in any order of axes, until they meet their inverses.

Models that keep channels last come with a transpose before and after each layer that wants them first. What
stands between, an activation for instance, is computed in the order of the layers instead.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.ops.transpose import Transpose
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.passes.remove_dead_code import remove_dead_code
from onnx2luau.compiler.passes.rewriting import Rewriting
from onnx2luau.compiler.passes.simplify import simplified


def sink_transposes(graph: Graph) -> Graph:
    """Compute pointwise ops, reductions, pads and concatenations before the transposes they read."""
    return remove_dead_code(Rewriting(graph).run(_rule))


def _rule(state: Rewriting, node: Node) -> Node | Value | None:
    outcome = simplified(state, node)
    if isinstance(outcome, Value):
        return outcome
    current = outcome or node
    permutation = _permutation(state, current.op)
    if permutation is None:
        return outcome
    op = current.op.before_transpose(permutation, partial(_operand, state, permutation))
    if op is None:
        return outcome
    source = state.insert(replace(current, op=op))
    return replace(current, op=Transpose(source, permutation))


def _permutation(state: Rewriting, op: Op) -> tuple[int, ...] | None:
    """Return what the transposes before an op do, if they do the same and nobody else needs their results."""
    found = set()
    for value in op.operands:
        maker = state.maker(value, Transpose)
        if maker is not None and isinstance(maker.op, Transpose):
            if not state.only_reader(value, op):
                return None
            found.add(maker.op.permutation)
    return found.pop() if len(found) == 1 else None


def _operand(state: Rewriting, permutation: tuple[int, ...], value: Value) -> Value | None:
    """Return an operand in the order of axes before the transpose, if it is one or is constant."""
    maker = state.maker(value, Transpose)
    if maker is not None and isinstance(maker.op, Transpose):
        return maker.op.x
    if value.type.rank == 0:
        return value
    array = state.constants.get(value)
    if array is None:
        return None
    whole = array.reshape((1,) * (len(permutation) - array.ndim) + array.shape)
    turned = np.ascontiguousarray(whole.transpose(np.argsort(permutation)))
    return state.constant(turned, f"{value.name}_turned")
