"""Fits a node's inputs and attributes to the signature of its import function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

import onnx

from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.plain import plain_attribute, plain_constant, shown
from onnx2luau.frontends.onnx.registry import Importer
from onnx2luau.frontends.onnx.unsupported import unsupported


def bind(
    importer: Importer,
    node: onnx.NodeProto,
    known: Mapping[str, Value | Array],
    value: Callable[[str], Value],
    model: str,
) -> tuple[list[object], dict[str, object]]:
    """Return positional and keyword arguments; ModelError says which input or attribute does not fit."""
    return _inputs(importer, node, known, value, model), _attributes(importer, node, model)


def _inputs(
    importer: Importer,
    node: onnx.NodeProto,
    known: Mapping[str, Value | Array],
    value: Callable[[str], Value],
    model: str,
) -> list[object]:
    names = list(node.input)
    arguments: list[object] = []
    for parameter in importer.inputs:
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            if not names:
                raise unsupported(node, model, "it has no inputs")
            arguments += [value(_defined(name, node, known, model)) for name in names]
            names = []
            break
        name = names.pop(0) if names else ""
        if not name:
            if parameter.default is inspect.Parameter.empty:
                raise unsupported(node, model, f"its input {parameter.name!r} is missing")
            arguments.append(parameter.default)
        elif importer.is_constant(parameter):
            array = known[_defined(name, node, known, model)]
            if isinstance(array, Value):
                raise unsupported(node, model, f"its input {parameter.name!r} is not constant")
            constant = plain_constant(array, importer.kinds(parameter))
            if constant is None:
                raise unsupported(
                    node, model, f"its input {parameter.name!r} is {array.dtype.name} {list(array.shape)}"
                )
            arguments.append(constant)
        else:
            arguments.append(value(_defined(name, node, known, model)))
    if any(names):
        raise unsupported(node, model, f"it has more than {len(importer.inputs)} inputs")
    return arguments


def _defined(name: str, node: onnx.NodeProto, known: Mapping[str, object], model: str) -> str:
    if name not in known:
        raise unsupported(node, model, f"nothing before it makes its input {name!r}")
    return name


def _attributes(importer: Importer, node: onnx.NodeProto, model: str) -> dict[str, object]:
    result: dict[str, object] = {}
    for attribute in node.attribute:
        name = attribute.name
        if name not in importer.attributes:
            raise unsupported(node, model, f"its attribute {name!r}")
        if name in result:
            raise unsupported(node, model, f"its attribute {name!r} is given twice")
        kinds = importer.kinds(importer.attributes[name])
        value = plain_attribute(attribute, kinds)
        if value is None:
            raise unsupported(node, model, f"its attribute {name!r} is {shown(attribute)}")
        result[name] = value
    for parameter in importer.attributes.values():
        if parameter.default is inspect.Parameter.empty and parameter.name not in result:
            raise unsupported(node, model, f"its attribute {parameter.name!r} is missing")
    return result
