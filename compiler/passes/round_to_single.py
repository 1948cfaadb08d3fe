"""Rounds to single precision where a difference would decide something.

Luau computes with doubles, and most of the time that only makes a result better. Not where a number is cut:
`floor(-0.8f * 10)` is -8 in single precision and -9 in double. So every arithmetic step that a cut depends on
is rounded, and nothing else is. What stands alone here is fused later, as all expressions are.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.scalars import IDENTITY, Scalar, apply
from onnx2luau.compiler.ir.types import DType
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.passes.decisive import decisive_values, rounded
from onnx2luau.compiler.passes.rewriting import Rewriting


def round_to_single(graph: Graph) -> Graph:
    """Round each step of what cuts depend on, and integers that become floats."""
    return Rewriting(graph).run(partial(_rule, decisive_values(graph)))


def _rule(decisive: set[Value], state: Rewriting, node: Node) -> Node | None:
    op = node.op
    if isinstance(op, Pointwise):
        body = _rounded(op, is_decisive=node.result in decisive)
        return None if body == op.body else replace(node, op=replace(op, body=body))
    if decisive.isdisjoint(node.results) or not op.is_inexact:
        return None
    if op.graphs:
        return replace(node, op=op.with_graphs(_with_rounded_outputs))
    source = state.insert(node)
    return replace(node, op=Pointwise(apply("to_f32", IDENTITY), (source,), DType.F32))


def _with_rounded_outputs(graph: Graph) -> Graph:
    """Return a body whose results are singles."""
    names = set(graph.names())
    nodes, outputs = list(graph.nodes), []
    for port in graph.outputs:
        value = port.value
        if value.type.dtype is DType.F32:
            name = f"{value.name}_single"
            while name in names:
                name += "_"
            names.add(name)
            value = Value(name, value.type)
            nodes.append(Node((value,), Pointwise(apply("to_f32", IDENTITY), (port.value,), DType.F32)))
        outputs.append(replace(port, value=value))
    return replace(graph, nodes=tuple(nodes), outputs=tuple(outputs))


def _rounded(op: Pointwise, *, is_decisive: bool) -> Scalar:
    if op.dtype is DType.F32 and op.body == IDENTITY and op.inputs[0].type.dtype.is_integer:
        return apply("to_f32", IDENTITY)  # a conversion: singles leave integers out from 2^24 on
    if all(value.type.dtype is not DType.F32 for value in op.inputs):
        return op.body  # the arithmetic of integers is exact
    return rounded(op.body, cut_only=op.dtype is not DType.F32 or not is_decisive)
