"""Writes constants of one element into the scalar expressions that read them."""

from __future__ import annotations

from dataclasses import replace

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.scalars import Argument, Number, Scalar, compact, substitute
from onnx2luau.compiler.ir.types import broadcast_shape
from onnx2luau.compiler.passes.rewriting import Rewriting


def inline_numbers(graph: Graph) -> Graph:
    """Turn `add($0, $1)` with a constant of one element into `add($0, 3.0)`."""
    return Rewriting(graph).run(_rule)


def _rule(state: Rewriting, node: Node) -> Node | None:
    op = node.op
    if not isinstance(op, Pointwise):
        return None
    numbers = {
        index: Number(float(state.constants[value].item()))
        for index, value in enumerate(op.inputs)
        if value in state.constants and value.type.size == 1
    }
    rest = [value for index, value in enumerate(op.inputs) if index not in numbers]
    # A constant may be what gives the result its rank.
    if not numbers or not rest or broadcast_shape(*(v.shape for v in rest)) != node.result.shape:
        return None

    def number(argument: Argument) -> Scalar:
        return numbers.get(argument.index, argument)

    body, kept = compact(substitute(op.body, number), op.inputs)
    inputs = tuple(op.inputs[index] for index in kept)
    if not inputs or broadcast_shape(*(v.shape for v in inputs)) != node.result.shape:
        return None
    return replace(node, op=Pointwise(body, inputs, op.dtype))
