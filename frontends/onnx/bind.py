"""Fits a node's inputs and attributes to the signature of its import function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

import numpy as np
import onnx
from onnx import numpy_helper

from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value
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
            arguments.append(array)
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
        if attribute.name not in importer.attributes:
            raise unsupported(node, model, f"its attribute {attribute.name!r}")
        result[attribute.name] = _plain(onnx.helper.get_attribute_value(attribute))
    for parameter in importer.attributes.values():
        if parameter.default is inspect.Parameter.empty and parameter.name not in result:
            raise unsupported(node, model, f"its attribute {parameter.name!r} is missing")
    return result


def _plain(value: object) -> object:
    match value:
        case bytes():
            return value.decode("utf-8", "replace")
        case onnx.TensorProto():
            return numpy_helper.to_array(value)
        case list() | tuple():
            return tuple(_plain(item) for item in value)
        case np.generic():
            return value.item()
        case _:
            return value
