"""Rounds to single precision where a difference would decide something.

Luau computes with doubles, and most of the time that only makes a result better. Not where a number is cut:
`floor(-0.8f * 10)` is -8 in single precision and -9 in double. So every arithmetic step that a cut depends on
is rounded, and nothing else is. What stands alone here is fused later, as all expressions are.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial

from onnx2luau.compiler.ir.bodied import Bodied
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.scalars import IDENTITY, Scalar, apply
from onnx2luau.compiler.ir.types import DType
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.passes.decisive import decisive_values, rounded, wanted_results
from onnx2luau.compiler.passes.rewriting import Rewriting

ROUNDED = apply("to_f32", IDENTITY)


def round_to_single(graph: Graph, wanted: Collection[Value] = ()) -> Graph:
    """Round each step of what cuts depend on, and integers that become floats.

    `wanted` are results of a body that something outside of it depends on so.
    """
    return Rewriting(graph).run(partial(_rule, decisive_values(graph, wanted), _read_as_singles(graph)))


def _rule(decisive: set[Value], settled: set[Value], state: Rewriting, node: Node) -> Node | None:
    op = node.op
    if isinstance(op, Pointwise):
        body = _rounded(op, is_decisive=node.result in decisive)
        return None if body == op.body else replace(node, op=replace(op, body=body))
    if isinstance(op, Bodied):
        results = [value in decisive for value in node.results]
        inside = op.with_graphs(lambda inner: round_to_single(inner, wanted_results(op, inner, results)))
        return None if inside == op else replace(node, op=inside)
    if decisive.isdisjoint(node.results) or not op.is_inexact or not settled.isdisjoint(node.results):
        return None
    source = state.insert(node)
    return replace(node, op=Pointwise(ROUNDED, (source,), DType.F32))


def _read_as_singles(graph: Graph) -> set[Value]:
    """Return what is read by roundings alone, since this pass was here before."""
    others = {value for node in graph.nodes for value in node.op.operands if not _is_rounding(node.op)}
    rounded = {value for node in graph.nodes for value in node.op.operands if _is_rounding(node.op)}
    return rounded - others - set(graph.results)


def _is_rounding(op: Op) -> bool:
    return isinstance(op, Pointwise) and op.body == ROUNDED


def _rounded(op: Pointwise, *, is_decisive: bool) -> Scalar:
    if op.dtype is DType.F32 and op.body == IDENTITY and op.inputs[0].type.dtype.is_integer:
        return apply("to_f32", IDENTITY)  # a conversion: singles leave integers out from 2^24 on
    if all(value.type.dtype is not DType.F32 for value in op.inputs):
        return op.body  # the arithmetic of integers is exact
    return rounded(op.body, cut_only=op.dtype is not DType.F32 or not is_decisive)
