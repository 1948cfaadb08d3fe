"""Replaces an operator that ONNX itself defines in terms of others by that definition."""

from __future__ import annotations

from collections.abc import Mapping

import onnx
import onnx.inliner

from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value


def has_definition(operator: str) -> bool:
    """Whether ONNX gives this operator a function body."""
    if not onnx.defs.has(operator):
        return False
    schema = onnx.defs.get_schema(operator)
    return bool(schema.has_function or schema.has_context_dependent_function)  # type: ignore[attr-defined]


def expand(
    model: onnx.ModelProto, node: onnx.NodeProto, known: Mapping[str, Value | Array]
) -> list[onnx.NodeProto] | None:
    """Return the nodes of the operator's definition, or None if it has none."""
    if node.domain not in ("", "ai.onnx") or not has_definition(node.op_type):
        return None
    inputs = [_typed(tensor, known[tensor]) for tensor in dict.fromkeys(node.input) if tensor in known]
    outputs = [onnx.helper.make_empty_tensor_value_info(tensor) for tensor in node.output if tensor]
    graph = onnx.helper.make_graph([_complete(node)], "definition", inputs, outputs)
    single = onnx.helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    inlined = onnx.inliner.inline_selected_functions(
        single, [("", node.op_type)], exclude=False, inline_schema_functions=True
    )
    nodes = list(inlined.graph.node)
    if any(inner.op_type == node.op_type for inner in nodes):
        return None
    prefix = node.name or node.output[0]
    while any(tensor.startswith(f"{prefix}/") for tensor in known):
        prefix += "'"
    return [_private(inner, node, prefix) for inner in nodes]


def _complete(node: onnx.NodeProto) -> onnx.NodeProto:
    """Return a copy with the default of every attribute left out: definitions refer to them by name."""
    result = onnx.NodeProto()
    result.CopyFrom(node)
    given = {attribute.name for attribute in node.attribute}
    for name, attribute in onnx.defs.get_schema(node.op_type).attributes.items():
        if name not in given and attribute.default_value.type != onnx.AttributeProto.UNDEFINED:
            result.attribute.append(attribute.default_value)
    return result


def _typed(tensor: str, known: Value | Array) -> onnx.ValueInfoProto:
    dtype = known.type.dtype.numpy if isinstance(known, Value) else known.dtype
    return onnx.helper.make_tensor_value_info(
        tensor, onnx.helper.np_dtype_to_tensor_dtype(dtype), list(known.shape)
    )


def _private(inner: onnx.NodeProto, outer: onnx.NodeProto, prefix: str) -> onnx.NodeProto:
    """Give the definition's own tensors names that belong to this node, so that two uses don't meet."""
    public = {*outer.input, *outer.output, ""}
    result = onnx.NodeProto()
    result.CopyFrom(inner)
    for tensors in (result.input, result.output):
        renamed = [t if t in public else f"{prefix}/{t}" for t in tensors]
        del tensors[:]
        tensors.extend(renamed)
    return result
