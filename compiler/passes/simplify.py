"""Drops ops that change nothing, and joins moves that follow each other."""

from __future__ import annotations

import math
from dataclasses import replace

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.concat import Concat
from onnx2luau.compiler.ir.ops.expand import Expand
from onnx2luau.compiler.ir.ops.pad import Pad
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.ops.reduce import Reduce
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.ops.slice import Slice
from onnx2luau.compiler.ir.ops.transpose import Transpose
from onnx2luau.compiler.ir.scalars import IDENTITY, Apply, Argument, Number, Scalar
from onnx2luau.compiler.ir.values import Op, Value
from onnx2luau.compiler.passes.rewriting import Rewriting


def simplify(graph: Graph) -> Graph:
    """Remove identities, reshapes of reshapes and transposes of transposes."""
    return Rewriting(graph).run(simplified)


def simplified(state: Rewriting, node: Node) -> Node | Value | None:
    """Return a simpler node, or a value that equals the node's result, or None where neither is known."""
    op = _joined(state, node.op)
    source = _unchanged(op, node.result)
    if source is not None:
        return source
    return None if op is node.op else replace(node, op=op)


def _joined(state: Rewriting, op: Op) -> Op:
    """Put one move in the place of two, and join only what has elements."""
    if isinstance(op, Concat):
        parts = tuple(part for part in op.parts if part.type.size)
        return replace(op, parts=parts) if 0 < len(parts) < len(op.parts) else op
    if isinstance(op, Transpose) and _keeps_order(op):
        op = Reshape(op.x, op.result_type().shape)
    if isinstance(op, Reshape):
        before = state.maker(op.x, Reshape)
        if before is not None and isinstance(before.op, Reshape):
            return replace(op, x=before.op.x)
    if isinstance(op, Transpose):
        before = state.maker(op.x, Transpose)
        if before is not None and isinstance(before.op, Transpose):
            first = before.op
            return Transpose(first.x, tuple(first.permutation[axis] for axis in op.permutation))
    return op


def _keeps_order(op: Transpose) -> bool:
    """Whether only axes of extent 1 move, so that the elements stay where they are."""
    moving = [axis for axis in op.permutation if op.x.shape[axis] != 1]
    return moving == sorted(moving)


def _unchanged(op: Op, result: Value) -> Value | None:
    """Return the operand that equals the result, if one does."""
    match op:
        case Pointwise(inputs=(x,)) if _is_identity(op.body):
            source = x
        case Concat(parts=(x,)) | Reduce(x=x, axes=()):
            source = x
        case Reshape(x=x) | Expand(x=x) | Pad(x=x):
            source = x
        case Transpose(x=x) if list(op.permutation) == list(range(x.type.rank)):
            source = x
        case Slice(x=x) if all(step == 1 for step in op.steps):
            source = x
        case _:
            return None
    return source if source.type == result.type else None


def _is_identity(body: Scalar) -> bool:
    match body:
        # What is left of -0 when 0 is added is 0.
        case Apply("add" | "sub", (Argument(0), Number(0.0 as zero))):
            return (math.copysign(1, zero) < 0) == (body.function == "add")
        case Apply("mul" | "div", (Argument(0), Number(1.0))):
            return True
        case _:
            return body == IDENTITY
