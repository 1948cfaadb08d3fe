"""Computes nodes whose inputs are all known, as soon as they are reached.

Shapes are static, so the arithmetic on shapes that exporters write ends here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

import numpy as np
import onnx

from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.limits import HIGHEST_RANK, LARGEST_TENSOR
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.budget import Budget
from onnx2luau.frontends.onnx.compute import PLAIN, compute
from onnx2luau.frontends.onnx.library import reason_of
from onnx2luau.frontends.onnx.result_sizes import result_shapes, work
from onnx2luau.frontends.onnx.unsupported import described

RANDOM = {
    "RandomNormal",
    "RandomNormalLike",
    "RandomUniform",
    "RandomUniformLike",
    "Multinomial",
    "Bernoulli",
}
MOST_WORK = 2**33
"""Steps of a single constant; a core takes ten seconds for them."""
LARGEST_ELEMENT = 8
"""Bytes."""


def fold(
    model: onnx.ModelProto, node: onnx.NodeProto, known: Mapping[str, Value | Array], budget: Budget
) -> dict[str, Array] | None:
    """Return the node's outputs, or None when they are not constant. ModelError if they can't be computed."""
    if node.op_type in ("Shape", "Size") and node.input and isinstance(known.get(node.input[0]), Value):
        known = {**known, node.input[0]: _placeholder(known[node.input[0]].shape)}
    inputs = {tensor: known.get(tensor) for tensor in node.input if tensor}
    arrays = {tensor: array for tensor, array in inputs.items() if isinstance(array, np.ndarray)}
    has_graph = any(a.type in (a.GRAPH, a.GRAPHS) for a in node.attribute)
    if len(arrays) < len(inputs) or node.op_type in RANDOM or has_graph or not _is_standard(node):
        return None
    where = f"the constant {node.op_type} at node {described(node)}"
    started = time.monotonic()
    if node.op_type not in PLAIN:
        _check_size(model, node, arrays, budget, where)
    try:
        results = compute(node, list(model.opset_import), arrays)
    except Exception as error:  # neither ONNX Runtime nor numpy promise which
        raise ModelError(f"{budget.model}: {where} can't be computed: {reason_of(error)}") from error
    budget.take_time(started, where)
    outputs = [tensor for tensor in node.output if tensor]
    return {tensor: np.asarray(array) for tensor, array in zip(outputs, results, strict=False)}


def _placeholder(shape: tuple[int, ...]) -> Array:
    """Return an array of this shape that takes no memory: only its shape is asked for."""
    return np.broadcast_to(np.float32(0), shape)


def _is_standard(node: onnx.NodeProto) -> bool:
    return node.domain in ("", "ai.onnx") and onnx.defs.has(node.op_type)


def _check_size(
    model: onnx.ModelProto, node: onnx.NodeProto, arrays: Mapping[str, Array], budget: Budget, where: str
) -> None:
    """Refuse a small model that asks for a huge constant, before memory is taken."""
    for shape in result_shapes(node, model.opset_import, arrays):
        size = math.prod(shape)
        if size > LARGEST_TENSOR or len(shape) > HIGHEST_RANK:
            raise ModelError(f"{budget.model}: {where} would have {size:,.0f} elements")
        if work(node, arrays, size) > MOST_WORK:
            raise ModelError(f"{budget.model}: {where} takes too long to compute; simplify the model")
        budget.take_bytes(size * LARGEST_ELEMENT, where)
