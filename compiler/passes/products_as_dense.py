"""Makes a dense layer of every product with trained weights, wherever it came from."""

from __future__ import annotations

import math
from dataclasses import replace

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.ops.conv import Conv
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.ops.matmul import Matmul
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.types import DType
from onnx2luau.compiler.passes.rewriting import Rewriting


def products_as_dense(graph: Graph) -> Graph:
    """Turn products whose right matrix is a constant, and convolutions of one window, into dense layers."""
    return Rewriting(graph).run(_rule)


def _rule(state: Rewriting, node: Node) -> Node | None:
    op = node.op
    if isinstance(op, Matmul):
        return _product(state, node, op)
    if isinstance(op, Conv) and op.weight in state.constants and _has_one_window(op):
        return _window(state, node, op)
    return None


def _product(state: Rewriting, node: Node, op: Matmul) -> Node | None:
    matrix = state.constants.get(op.b)
    if matrix is None or math.prod(matrix.shape[:-2]) != 1 or op.a.type.dtype is not DType.F32:
        return None
    if matrix.ndim > op.a.type.rank:
        return None
    weight = state.constant(matrix.reshape(matrix.shape[-2:]).T.copy(), op.b.name)
    return replace(node, op=Dense(op.a, weight))


def _has_one_window(op: Conv) -> bool:
    """Whether one window covers the whole of every channel."""
    is_whole = op.weight.shape[2:] == op.x.shape[2:] and set(op.result_type().shape[2:]) <= {1}
    return is_whole and op.groups == 1 and not any(op.pads) and op.x.type.size > 0


def _window(state: Rewriting, node: Node, op: Conv) -> Node:
    """Return the convolution as a dense layer over all numbers of a sample."""
    weight = state.constants[op.weight]
    outputs, inputs = len(weight), weight[0].size
    flat = state.insert(replace(node, op=Reshape(op.x, (op.x.shape[0], inputs))))
    known = state.constant(weight.reshape(outputs, inputs), op.weight.name)
    dense: Op = Dense(flat, known, op.bias, activation=op.activation)
    made = state.insert(replace(node, op=dense))
    return replace(node, op=Reshape(made, node.result.shape))
