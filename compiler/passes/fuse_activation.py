"""Makes an activation part of the Dense or Conv that computes its argument."""

from __future__ import annotations

from dataclasses import replace

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.conv import Conv
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.scalars import substitute
from onnx2luau.compiler.passes.rewriting import Rewriting


def fuse_activation(graph: Graph) -> Graph:
    """Move a pointwise op of one operand into the Dense or Conv that only it reads."""
    return Rewriting(graph).run(_rule)


def _rule(state: Rewriting, node: Node) -> Node | None:
    op = node.op
    if not isinstance(op, Pointwise) or len(op.inputs) != 1:
        return None
    (value,) = op.inputs
    maker = state.makers.get(value)
    if maker is None or not isinstance(maker.op, Dense | Conv) or node.result.type != value.type:
        return None
    if not state.only_reader(value, op):
        return None
    before = maker.op.activation
    fused = replace(maker.op, activation=substitute(op.body, lambda _: before))
    state.absorb(maker, op, fused)
    return replace(node, op=fused, layer=maker.layer)
