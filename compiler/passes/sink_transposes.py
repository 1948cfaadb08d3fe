"""Moves transposes behind the ops that do the same in any order of axes, until they meet their inverses.

Models that keep channels last come with a transpose before and after each layer that wants them first. What
stands between, an activation for instance, is computed in the order of the layers instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.concat import Concat
from onnx2luau.compiler.ir.ops.pad import Pad
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.ops.reduce import Reduce
from onnx2luau.compiler.ir.ops.transpose import Transpose
from onnx2luau.compiler.ir.values import Op, Value
from onnx2luau.compiler.passes.dead_code import remove_dead_code
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
    op = _before(state, current.op, permutation)
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


def _before(state: Rewriting, op: Op, permutation: tuple[int, ...]) -> Op | None:
    """Return the op on the tensors as they are before the transposes, or None where that is another."""
    match op:
        case Pointwise() if op.result_type().rank == len(permutation):
            inputs = [_operand(state, value, permutation) for value in op.inputs]
            known = [value for value in inputs if value is not None]
            return replace(op, inputs=tuple(known)) if len(known) == len(inputs) else None
        case Reduce():
            return replace(
                op, x=_source(state, op.x), axes=tuple(sorted(permutation[axis] for axis in op.axes))
            )
        case Pad():
            begins, ends = _by_source(op.begins, permutation), _by_source(op.ends, permutation)
            return replace(op, x=_source(state, op.x), begins=begins, ends=ends)
        case Concat() if all(state.maker(part, Transpose) for part in op.parts):
            parts = tuple(_source(state, part) for part in op.parts)
            return replace(op, parts=parts, axis=permutation[op.axis])
        case _:
            return None


def _operand(state: Rewriting, value: Value, permutation: tuple[int, ...]) -> Value | None:
    """Return an operand of a pointwise op in the order of axes before the transpose."""
    if state.maker(value, Transpose) is not None:
        return _source(state, value)
    if value.type.rank == 0:
        return value
    array = state.constants.get(value)
    if array is None:
        return None
    whole = array.reshape((1,) * (len(permutation) - array.ndim) + array.shape)
    turned = np.ascontiguousarray(whole.transpose(np.argsort(permutation)))
    return state.constant(turned, f"{value.name}_turned")


def _source(state: Rewriting, value: Value) -> Value:
    """Return what a transpose reads."""
    maker = state.makers[value].op
    assert isinstance(maker, Transpose)  # noqa: S101 - the caller asked
    return maker.x


def _by_source(extents: Sequence[int], permutation: tuple[int, ...]) -> tuple[int, ...]:
    """Return numbers for each axis in the order before a transpose."""
    return tuple(extents[axis] for axis in np.argsort(permutation))
