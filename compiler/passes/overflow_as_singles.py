"""Lets expressions overflow as single precision does, where that is seen.

Doubles reach 1.8e308 and singles 3.4e38. What is stored for another op, leaves the graph or takes part in a
division is infinite from there on, as in ONNX Runtime. What can't become so large is left alone, as is
almost every activation of a layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.scalars import Apply, Scalar, apply
from onnx2luau.compiler.ir.types import DType
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.passes.ranges import SINGLE, Range, can_overflow, range_of, ranges_of
from onnx2luau.compiler.passes.rewriting import Rewriting


def overflow_as_singles(graph: Graph) -> Graph:
    """Put `overflow_f32` around what may be larger than any single where that makes a difference."""
    return Rewriting(graph).run(_Overflow(graph).rule)


class _Overflow:
    """What is known of a graph's values while it is walked."""

    def __init__(self, graph: Graph) -> None:
        self.leaving = leaving_values(graph)
        self.ranges: dict[Value, Range] = {}

    def rule(self, _state: Rewriting, node: Node) -> Node | None:
        op = self._limited(node)
        return None if op == node.op else replace(node, op=op)

    def _limited(self, node: Node) -> Op:
        op = node.op
        if node.result.type.dtype is not DType.F32:
            return op
        if isinstance(op, Pointwise):
            arguments = ranges_of(op.inputs, self.ranges)
            body = limited(op.body, arguments, leaves=node.result in self.leaving)
            self.ranges[node.result] = range_of(body, arguments)
            return replace(op, body=body)
        return op.with_bodies(lambda body: limited(body, [SINGLE], leaves=True))


def leaving_values(graph: Graph) -> set[Value]:
    """Return what leaves the graph or is read by other ops than pointwise ones."""
    read = (value for node in graph.nodes if not isinstance(node.op, Pointwise) for value in node.op.operands)
    return {*graph.results, *read}


def limited(body: Scalar, arguments: Sequence[Range], *, leaves: bool) -> Scalar:
    """Return an expression whose quotients, and whose result if it leaves, are of singles' range."""
    if isinstance(body, Apply):
        divides = body.function == "div"
        parts = tuple(limited(part, arguments, leaves=divides) for part in body.arguments)
        body = Apply(body.function, parts)
    if leaves and can_overflow(range_of(body, arguments)):
        return apply("overflow_f32", body)
    return body
