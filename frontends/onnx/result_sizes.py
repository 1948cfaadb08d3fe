"""How large the results of a constant node will be, before anything is computed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import onnx

from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.types import Array
from onnx2luau.frontends.onnx.library import asking_onnx

TELLING = 1024
"""Arrays up to this size may say what shape a result has; larger ones are only said to be of their shape."""


def result_shapes(
    node: onnx.NodeProto, opsets: Sequence[onnx.OperatorSetIdProto], arrays: Mapping[str, Array]
) -> list[tuple[float, ...]]:
    """Return the shapes of the outputs that onnx can infer; extents are floats, which have no limit."""
    if node.op_type == "Range":
        return [_range(node, arrays)]
    if node.op_type == "MaxUnpool" and len(node.input) > 2 and node.input[2] in arrays:
        return [tuple(map(float, arrays[node.input[2]].ravel()))]
    inputs = [
        onnx.helper.make_tensor_value_info(
            tensor, onnx.helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
        )
        for tensor, array in arrays.items()
    ]
    known = [
        onnx.numpy_helper.from_array(array, tensor)
        for tensor, array in arrays.items()
        if array.size <= TELLING and array.dtype.kind in "fiub"
    ]
    outputs = [onnx.helper.make_empty_tensor_value_info(tensor) for tensor in node.output if tensor]
    graph = onnx.helper.make_graph([node], "constant", inputs, outputs, known)
    model = onnx.helper.make_model(graph, opset_imports=list(opsets))
    try:
        with asking_onnx("its shape is unknown"):
            inferred = onnx.shape_inference.infer_shapes(model)
    except ModelError:  # whoever computes it says what is wrong with it
        return []
    types = [port.type.tensor_type for port in inferred.graph.output]
    return [tuple(float(dim.dim_value) for dim in each.shape.dim) for each in types if each.HasField("shape")]


def work(node: onnx.NodeProto, arrays: Mapping[str, Array], elements: float) -> float:
    """Return how many steps computing `elements` results takes, for operators that take many for each."""
    operands = [arrays[tensor] for tensor in node.input if tensor in arrays]
    match node.op_type, operands:
        case ("MatMul" | "Gemm", [first, *_]):
            return elements * max(first.shape, default=1)
        case ("Conv" | "ConvTranspose", [_, weight, *_]):
            return elements * math.prod(weight.shape[1:])
        case ("STFT" | "DFT", [signal, *_]):
            return elements * max(signal.shape, default=1)
        case ("Einsum", operands):
            return math.prod(float(operand.size) for operand in operands)
        case _:
            return elements


def _range(node: onnx.NodeProto, arrays: Mapping[str, Array]) -> tuple[float, ...]:
    """Return the number of steps; onnx counts them in integers, which infinities are not."""
    operands = [arrays[tensor].astype(np.float64) for tensor in node.input if tensor in arrays]
    if len(operands) != 3 or any(operand.size != 1 for operand in operands):
        return ()
    start, limit, delta = (float(operand.item()) for operand in operands)
    steps = (limit - start) / delta if delta else math.inf
    return (max(steps, 0.0) if not math.isnan(steps) else math.inf,)
