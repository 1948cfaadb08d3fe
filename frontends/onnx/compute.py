"""Computes one node over arrays: by ONNX Runtime, so that what is known early is what it would be later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import onnx
from onnx.reference import ReferenceEvaluator

from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.onnx_runtime import onnxruntime

NEWEST_IR = 10
"""Of a file format that every ONNX Runtime reads; nothing in a single node needs more."""
PLAIN = {"Constant", "Identity", "Shape", "Size"}
"""Operators that need no session; an array of which only the shape counts is not copied for it."""


def compute(
    node: onnx.NodeProto, opsets: list[onnx.OperatorSetIdProto], arrays: Mapping[str, Array]
) -> list[Any]:
    """Return the node's outputs, without those left out; any exception means that it can't be computed."""
    if node.op_type not in PLAIN:
        session = _session(node, opsets, arrays)
        if session is not None:
            return list(session.run(None, dict(arrays)))
    inputs = [onnx.helper.make_empty_tensor_value_info(tensor) for tensor in arrays]
    return list(ReferenceEvaluator(_model(node, opsets, inputs)).run(None, dict(arrays)))


def _session(
    node: onnx.NodeProto, opsets: list[onnx.OperatorSetIdProto], arrays: Mapping[str, Array]
) -> Any | None:
    """Return None for a node over element types that ONNX Runtime has no code for."""
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        inputs = [
            onnx.helper.make_tensor_value_info(
                tensor, onnx.helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
            )
            for tensor, array in arrays.items()
        ]
        model = _model(node, opsets, inputs).SerializeToString()
        return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception:  # ONNX Runtime's exceptions have no base of their own
        return None


def _model(
    node: onnx.NodeProto, opsets: list[onnx.OperatorSetIdProto], inputs: list[onnx.ValueInfoProto]
) -> onnx.ModelProto:
    outputs = [onnx.helper.make_empty_tensor_value_info(tensor) for tensor in node.output if tensor]
    graph = onnx.helper.make_graph([node], "constant", inputs, outputs)
    return onnx.helper.make_model(graph, opset_imports=opsets, ir_version=NEWEST_IR)
