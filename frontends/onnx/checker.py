"""The onnx library's check of a model, without what it minds and ONNX Runtime does not."""

from __future__ import annotations

import onnx

from onnx2luau.frontends.onnx.expand import has_definition
from onnx2luau.frontends.onnx.library import asking_onnx
from onnx2luau.frontends.onnx.registry import OPSET

STANDARD = ("", "ai.onnx")
DEPRECATED = "deprecated"
"""A domain in which the library checks no operator."""


def check_model(model: onnx.ModelProto, name: str) -> None:
    """Raise ModelError for a model that breaks a rule of ONNX which ONNX Runtime insists on too."""
    # The checker insists on types of outputs that neither ONNX Runtime nor the importer needs.
    vague = [port for port in model.graph.output if not port.type.tensor_type.HasField("shape")]
    before = [onnx.ValueInfoProto.FromString(port.SerializeToString()) for port in vague]
    for port in vague:
        if port.type.WhichOneof("value") in (None, "tensor_type"):
            port.type.tensor_type.shape.SetInParent()
            port.type.tensor_type.elem_type = port.type.tensor_type.elem_type or onnx.TensorProto.FLOAT
    try:
        with asking_onnx(f"{name} is not a valid ONNX model"):
            onnx.checker.check_model(_without_deprecated(model))
    finally:
        for port, original in zip(vague, before, strict=True):
            port.CopyFrom(original)


def _without_deprecated(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model, or a copy in which the checker does not know the operators that it calls deprecated.

    ONNX Runtime runs them, and they have a definition.
    """
    version = next((o.version for o in model.opset_import if o.domain in STANDARD), OPSET)
    if not any(_is_deprecated(node, version) for node in model.graph.node):
        return model
    result = onnx.ModelProto()
    result.CopyFrom(model)
    result.opset_import.append(onnx.helper.make_opsetid(DEPRECATED, 1))
    for node in result.graph.node:
        if _is_deprecated(node, version):
            node.domain = DEPRECATED
    return result


def _is_deprecated(node: onnx.NodeProto, version: int) -> bool:
    if node.domain not in STANDARD or not has_definition(node.op_type):
        return False
    try:
        return bool(onnx.defs.get_schema(node.op_type, version, "").deprecated)
    except onnx.defs.SchemaError:  # it is newer than the model, as the checker will say
        return False
