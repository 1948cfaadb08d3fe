"""Replaces an operator that ONNX itself defines in terms of others by that definition."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import onnx
import onnx.inliner

from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.library import asking_onnx
from onnx2luau.frontends.onnx.plain import shown
from onnx2luau.frontends.onnx.unsupported import described, unsupported

DEFINITION = "definition"
"""The domain of the function that an operator is turned into, to be inlined as a model's own are."""
FLAGS = {
    "is_causal",
    "interleaved",
    "align_corners",
    "periodic",
    "saturate",
    "keepdims",
    "noop_with_empty_axes",
}
"""Attributes of operators with a definition that are truth values, which ONNX gives the type of integers."""
MODES = {"qk_matmul_output_mode": range(4)}
"""Attributes that choose one of some ways; ONNX's definitions take any other number for one of them."""


def has_definition(operator: str) -> bool:
    """Whether ONNX gives this operator a function body."""
    if not onnx.defs.has(operator):
        return False
    schema = onnx.defs.get_schema(operator)
    return bool(schema.has_function or schema.has_context_dependent_function)  # type: ignore[attr-defined]


def expand(
    model: onnx.ModelProto,
    node: onnx.NodeProto,
    known: Mapping[str, Value | Array],
    taken: Collection[str],
    name: str,
) -> list[onnx.NodeProto] | None:
    """Return the nodes of the operator's definition, or None if it has none.

    `taken` are the tensors that have a name already. ModelError when onnx can't tell the definition.
    """
    if node.domain not in ("", "ai.onnx") or not has_definition(node.op_type):
        return None
    _check_choices(node, name)
    node = _complete(node)
    with asking_onnx(f"{name}: onnx can't define the {node.op_type} at node {described(node)}"):
        function = _function(model, node, known)
        if function is None:
            return None
        if not function.node:
            raise unsupported(node, name, "ONNX does not define it for these attributes and inputs")
        call = onnx.NodeProto()
        call.CopyFrom(node)
        call.domain = DEFINITION
        inputs = [
            onnx.helper.make_empty_tensor_value_info(each) for each in dict.fromkeys(node.input) if each
        ]
        outputs = [onnx.helper.make_empty_tensor_value_info(each) for each in node.output if each]
        graph = onnx.helper.make_graph([call], DEFINITION, inputs, outputs)
        opsets = [*function.opset_import, onnx.helper.make_opsetid(DEFINITION, 1)]
        single = onnx.helper.make_model(graph, functions=[function], opset_imports=opsets)
        nodes = list(onnx.inliner.inline_local_functions(single).graph.node)
    if any(inner.op_type == node.op_type for inner in nodes):
        return None
    prefix = node.name or next(filter(None, node.output), node.op_type)
    inner_names = {each for inner in nodes for each in (*inner.input, *inner.output)}
    while any(f"{prefix}/{each}" in taken for each in inner_names):
        prefix += "'"
    return [_private(inner, node, prefix) for inner in nodes]


def _check_choices(node: onnx.NodeProto, name: str) -> None:
    """Refuse numbers that definitions and ONNX Runtime may take for different choices."""
    for attribute in node.attribute:
        legal = (0, 1) if attribute.name in FLAGS else MODES.get(attribute.name)
        if legal is not None and attribute.i not in legal:
            raise unsupported(node, name, f"its attribute {attribute.name!r} is {shown(attribute)}")


def _function(
    model: onnx.ModelProto, node: onnx.NodeProto, known: Mapping[str, Value | Array]
) -> onnx.FunctionProto | None:
    """Return the definition for these inputs at the model's opset, as a function of the domain DEFINITION."""
    opset = next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), 1)
    schema: Any = onnx.defs.get_schema(node.op_type, opset, "")  # its stub lacks the functions
    depends = schema.has_context_dependent_function
    versions = schema.context_dependent_function_opset_versions if depends else schema.function_opset_versions
    fitting = [version for version in versions if version <= opset]
    if not fitting:
        return None
    if depends:
        types = [_type_of(known.get(tensor)).SerializeToString() for tensor in node.input]
        data = schema.get_context_dependent_function_with_opset_version(
            max(fitting), node.SerializeToString(), types
        )
    else:
        data = schema.get_function_with_opset_version(max(fitting))
    function = onnx.FunctionProto()
    function.ParseFromString(data)
    function.domain, function.name = DEFINITION, node.op_type
    del function.opset_import[:]
    function.opset_import.append(onnx.helper.make_opsetid("", opset))
    return function


def _type_of(known: Value | Array | None) -> onnx.TypeProto:
    """Return the type of an input; an input that is left out has none."""
    if known is None:
        return onnx.TypeProto()
    dtype = known.type.dtype.numpy if isinstance(known, Value) else known.dtype
    return onnx.helper.make_tensor_type_proto(onnx.helper.np_dtype_to_tensor_dtype(dtype), list(known.shape))


def _complete(node: onnx.NodeProto) -> onnx.NodeProto:
    """Return a copy with the default of every attribute left out: definitions refer to them by name."""
    result = onnx.NodeProto()
    result.CopyFrom(node)
    given = {attribute.name for attribute in node.attribute}
    for name, attribute in onnx.defs.get_schema(node.op_type).attributes.items():
        if name not in given and attribute.default_value.type != onnx.AttributeProto.UNDEFINED:
            result.attribute.append(attribute.default_value)
    return result


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
