"""Makes an activation part of the layer before it or, between two dense layers, of the one after it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.conv import Conv
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.scalars import substitute
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.passes.rewriting import Rewriting


def fuse_activation(graph: Graph) -> Graph:
    """Move each pointwise op of one operand into the Dense or Conv that only it reads.

    One between two dense layers goes into the second: the sums of the first are then all that lies between
    them, and a ReLU is the question whether an input counts at all.
    """
    return Rewriting(graph).run(partial(_rule, _between_layers(graph)))


def _between_layers(graph: Graph) -> set[Value]:
    """Return the results of the pointwise ops that stand alone between two dense layers of one row."""
    makers, uses = graph.makers(), graph.uses()
    found = set()
    for node in graph.nodes:
        if not isinstance(node.op, Dense) or not node.op.is_single or uses[node.op.x] != 1:
            continue
        between = makers.get(node.op.x)
        if between is None or not _is_activation(between):
            continue
        (value,) = between.op.operands
        layer = makers.get(value)
        if layer is not None and isinstance(layer.op, Dense) and layer.op.is_single and uses[value] == 1:
            found.add(node.op.x)
    return found


def _is_activation(node: Node) -> bool:
    return (
        isinstance(node.op, Pointwise)
        and len(node.op.inputs) == 1
        and node.result.type == node.op.inputs[0].type
    )


def _rule(between: set[Value], state: Rewriting, node: Node) -> Node | None:
    if isinstance(node.op, Dense) and node.op.x in between:
        return _into_reader(state, node, node.op)
    if not _is_activation(node) or node.result in between:
        return None
    assert isinstance(node.op, Pointwise)  # noqa: S101 - _is_activation says so
    (value,) = node.op.inputs
    maker = state.makers.get(value)
    if maker is None or not isinstance(maker.op, Dense | Conv) or not state.only_reader(value, node.op):
        return None
    before = maker.op.activation
    fused = replace(maker.op, activation=substitute(node.op.body, lambda _: before))
    state.absorb(maker, node.op, fused)
    return replace(node, op=fused, layer=maker.layer)


def _into_reader(state: Rewriting, node: Node, op: Dense) -> Node:
    activation = state.makers[op.x]
    assert isinstance(activation.op, Pointwise)  # noqa: S101 - _between_layers says so
    body = activation.op.body
    fused = replace(op, x=activation.op.inputs[0], before=substitute(op.before, lambda _: body))
    state.absorb(activation, op, fused)
    return replace(node, op=fused)
