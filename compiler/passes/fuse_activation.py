"""Makes an activation part of the layer before it or, between two dense layers, of the one after it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.scalars import substitute
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.ir.weighted import Weighted
from onnx2luau.compiler.passes.rewriting import Rewriting


def fuse_activation(graph: Graph) -> Graph:
    """Move each pointwise op of one operand into the op that only it reads, if that can take it in.

    One between two dense layers goes into the second: the sums of the first are then all that lies between
    them, and a ReLU is the question whether an input counts at all.
    """
    return Rewriting(graph).run(partial(_rule, _between_layers(graph)))


def _between_layers(graph: Graph) -> set[Value]:
    """Return the results of pointwise ops that stand alone between two layers, each of one row."""
    makers, uses = graph.makers(), graph.uses()
    found = set()
    for node in graph.nodes:
        reader = _reader(node)
        if reader is None or uses[reader.x] != 1:
            continue
        activation = _activation(makers.get(reader.x))
        if activation is None:
            continue
        (value,) = activation.inputs
        layer = makers.get(value)
        if layer is not None and _reader(layer) is not None and uses[value] == 1:
            found.add(reader.x)
    return found


def _reader(node: Node) -> Weighted | None:
    """Return the op of a node if it can apply a function to what it reads."""
    return node.op if isinstance(node.op, Weighted) and node.op.takes_before else None


def _activation(node: Node | None) -> Pointwise | None:
    """Return the op of a node if it applies a function to each element of a single operand."""
    if node is None or not isinstance(node.op, Pointwise) or len(node.op.inputs) != 1:
        return None
    return node.op if node.result.type == node.op.inputs[0].type else None


def _rule(between: set[Value], state: Rewriting, node: Node) -> Node | None:
    reader = _reader(node)
    if reader is not None and reader.x in between:
        return _into_reader(state, node, reader)
    activation = _activation(node)
    if activation is None or node.result in between:
        return None
    maker = state.makers.get(activation.inputs[0])
    fused = maker.op.with_activation(activation.body) if maker is not None else None
    if maker is None or fused is None or not state.only_reader(maker.result, activation):
        return None
    state.absorb(maker, activation, fused)
    return replace(node, op=fused, layer=maker.layer)


def _into_reader(state: Rewriting, node: Node, reader: Weighted) -> Node:
    between = state.makers[reader.x]
    (x,), (body,) = between.op.operands, between.op.bodies
    fused = reader.replaced(x=x, before=substitute(reader.before, lambda _: body))
    state.absorb(between, reader, fused)
    return replace(node, op=fused)
