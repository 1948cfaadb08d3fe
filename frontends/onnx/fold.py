"""Computes nodes whose inputs are all known, as soon as they are reached.

Shapes are static, so the arithmetic on shapes that exporters write ends here.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value
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


def fold(
    model: onnx.ModelProto, node: onnx.NodeProto, known: Mapping[str, Value | Array], name: str
) -> dict[str, Array] | None:
    """Return the node's outputs, or None when they are not constant. ModelError when they can't be computed."""
    if node.op_type in ("Shape", "Size") and node.input and isinstance(known.get(node.input[0]), Value):
        known = {**known, node.input[0]: _placeholder(known[node.input[0]].shape)}
    inputs = {tensor: known.get(tensor) for tensor in node.input if tensor}
    arrays = {tensor: array for tensor, array in inputs.items() if isinstance(array, np.ndarray | np.generic)}
    has_graph = any(a.type in (a.GRAPH, a.GRAPHS) for a in node.attribute)
    if len(arrays) < len(inputs) or node.op_type in RANDOM or has_graph or not _is_standard(node):
        return None
    if node.op_type in ("ConstantOfShape", "Expand", "Tile", "Range", "Pad", "OneHot", "Resize"):
        _check_size(node, arrays, name)
    try:
        results = ReferenceEvaluator(_single(model, node)).run(None, arrays)
    except Exception as error:  # the reference evaluator raises whatever numpy does
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


def _single(model: onnx.ModelProto, node: onnx.NodeProto) -> onnx.ModelProto:
    inputs = [onnx.helper.make_empty_tensor_value_info(tensor) for tensor in dict.fromkeys(node.input) if tensor]
    outputs = [onnx.helper.make_empty_tensor_value_info(tensor) for tensor in node.output if tensor]
    graph = onnx.helper.make_graph([node], "constant", inputs, outputs)
    return onnx.helper.make_model(graph, opset_imports=model.opset_import)


def _check_size(node: onnx.NodeProto, arrays: Mapping[str, Array], name: str) -> None:
    """Refuse a small model that asks for a huge constant, before memory is taken."""
    operands = [arrays.get(tensor) for tensor in node.input]
    match node.op_type:
        case "ConstantOfShape":
            size = float(np.prod(operands[0], dtype=np.float64))
        case "Range":
            start, limit, delta = (float(np.asarray(operand)) for operand in operands)  # type: ignore[arg-type]
            size = (limit - start) / delta if delta else np.inf
        case "Expand":
            size = float(np.prod(operands[1], dtype=np.float64)) * np.size(operands[0])
        case "Tile":
            size = float(np.prod(operands[1], dtype=np.float64)) * np.size(operands[0])
        case "OneHot":
            size = float(np.size(operands[0])) * float(np.asarray(operands[1]).item())  # type: ignore[union-attr]
        case "Pad":
            size = float(np.prod(np.add(np.shape(operands[0]), np.sum(np.abs(operands[1])))))  # type: ignore[arg-type]
        case _:
            size = float(np.prod(operands[-1], dtype=np.float64)) * np.size(operands[0])
    if size > LARGEST_RESULT:
        raise ModelError(
            f"{name}: the constant {node.op_type} at node {described(node)} would have {size:,.0f} elements"
        )
