"""Makes a dense layer of every product with trained weights, wherever it came from."""

from __future__ import annotations

from dataclasses import replace

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.passes.rewriting import Rewriting


def products_as_dense(graph: Graph) -> Graph:
    """Turn products whose right matrix is a constant, and convolutions of one window, into dense layers."""
    return Rewriting(graph).run(_rule)


def _rule(state: Rewriting, node: Node) -> Node | None:
    product = node.op.product(state.constants)
    if product is None:
        return None
    x = product.x
    if product.shape != x.shape:
        x = state.insert(replace(node, op=Reshape(x, product.shape)))
    weight = state.constant(product.weight, product.name)
    dense = Dense(x, weight, product.bias, activation=product.activation)
    if dense.result_type() == node.result.type:
        return replace(node, op=dense)
    return replace(node, op=Reshape(state.insert(replace(node, op=dense)), node.result.shape))
