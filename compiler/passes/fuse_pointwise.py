"""Makes one op, and so one loop, of pointwise ops that follow each other."""

from __future__ import annotations

from dataclasses import replace

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.scalars import IDENTITY, Argument, Scalar, compact, substitute, walk
from onnx2luau.compiler.ir.types import DType
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.passes.rewriting import Rewriting

LARGEST = 64
"""Expressions are not fused beyond this many nodes: they are trees, so sharing would be written twice."""


def fuse_pointwise(graph: Graph) -> Graph:
    """Substitute each pointwise op into its reader, where that is the only one and has the same shape."""
    return Rewriting(graph).run(_rule)


def _rule(state: Rewriting, node: Node) -> Node | None:
    changed = False
    while True:
        fused = _fuse_one(state, node)
        if fused is None:
            return node if changed else None
        node, changed = fused, True


def _fuse_one(state: Rewriting, node: Node) -> Node | None:
    op = node.op
    if not isinstance(op, Pointwise):
        return None
    for value in op.inputs:
        maker = state.maker(value, Pointwise)
        if maker is None or not state.only_reader(value, op) or value.shape != node.result.shape:
            continue
        assert isinstance(maker.op, Pointwise)  # noqa: S101 - asked for above
        # The result of 64-bit arithmetic is looked at before it goes on: a double may not hold it.
        if maker.op.dtype is DType.I64 and maker.op.body != IDENTITY:
            continue
        fused = _substituted(op, value, maker.op)
        if sum(1 for _ in walk(fused.body)) <= LARGEST:
            state.absorb(maker, op, fused)
            return replace(node, op=fused)
    return None


def _substituted(op: Pointwise, value: Value, inner: Pointwise) -> Pointwise:
    operands = [*op.inputs, *inner.inputs]
    first = len(op.inputs)
    body = substitute(inner.body, lambda argument: Argument(argument.index + first))

    def place(argument: Argument) -> Scalar:
        return body if op.inputs[argument.index] == value else argument

    renamed, kept = compact(substitute(op.body, place), operands)
    return Pointwise(renamed, tuple(operands[index] for index in kept), op.dtype)
