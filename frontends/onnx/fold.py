"""Computes nodes whose inputs are all known, as soon as they are reached.

Shapes are static, so the arithmetic on shapes that exporters write ends here.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx

from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.compute import compute
from onnx2luau.frontends.onnx.unsupported import described

LARGEST_RESULT = 2**26
RANDOM = {
    "RandomNormal",
    "RandomNormalLike",
    "RandomUniform",
    "RandomUniformLike",
    "Multinomial",
    "Bernoulli",
}
GROWING = {"ConstantOfShape", "Expand", "Tile", "Range", "Pad", "OneHot", "Resize"}


def fold(
    model: onnx.ModelProto, node: onnx.NodeProto, known: Mapping[str, Value | Array], name: str
) -> dict[str, Array] | None:
    """Return the node's outputs, or None when they are not constant. ModelError if they can't be computed."""
    if node.op_type in ("Shape", "Size") and node.input and isinstance(known.get(node.input[0]), Value):
        known = {**known, node.input[0]: _placeholder(known[node.input[0]].shape)}
    inputs = {tensor: known.get(tensor) for tensor in node.input if tensor}
    arrays = {tensor: array for tensor, array in inputs.items() if isinstance(array, np.ndarray)}
    has_graph = any(a.type in (a.GRAPH, a.GRAPHS) for a in node.attribute)
    if len(arrays) < len(inputs) or node.op_type in RANDOM or has_graph or not _is_standard(node):
        return None
    if node.op_type in GROWING:
        _check_size(node, arrays, name)
    try:
        results = compute(node, list(model.opset_import), arrays)
    except Exception as error:  # neither ONNX Runtime nor numpy promise which
        raise ModelError(
            f"{name}: the constant {node.op_type} at node {described(node)} can't be computed: {error}"
        ) from error
    outputs = [tensor for tensor in node.output if tensor]
    return {tensor: np.asarray(array) for tensor, array in zip(outputs, results, strict=False)}


def _placeholder(shape: tuple[int, ...]) -> Array:
    """Return an array of this shape that takes no memory: only its shape is asked for."""
    return np.broadcast_to(np.float32(0), shape)


def _is_standard(node: onnx.NodeProto) -> bool:
    return node.domain in ("", "ai.onnx") and onnx.defs.has(node.op_type)


def _check_size(node: onnx.NodeProto, arrays: Mapping[str, Array], name: str) -> None:
    """Refuse a small model that asks for a huge constant, before memory is taken."""
    operands = [arrays[tensor] if tensor else np.zeros(0) for tensor in node.input]
    size = _size_of_result(node.op_type, operands)
    if size > LARGEST_RESULT:
        raise ModelError(
            f"{name}: the constant {node.op_type} at node {described(node)} would have {size:,.0f} elements"
        )


def _size_of_result(operator: str, operands: list[Array]) -> float:
    """Return how many elements a result has, at most, as a float that can't overflow."""
    match operator:
        case "ConstantOfShape":
            return float(np.prod(operands[0], dtype=np.float64))
        case "Range":
            start, limit, delta = (float(operand.item()) for operand in operands)
            return (limit - start) / delta if delta else np.inf
        case "OneHot":
            return operands[0].size * float(operands[1].item())
        case "Pad":
            return float(np.prod(np.asarray(operands[0].shape) + np.abs(operands[1]).sum(), dtype=np.float64))
        case "Expand" | "Tile":
            return operands[0].size * float(np.prod(operands[1], dtype=np.float64))
        case _:  # Resize: by scales or by sizes
            return operands[0].size * float(np.prod(operands[-1], dtype=np.float64))
