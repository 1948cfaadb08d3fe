"""Operators that hold graphs, which become the bodies of ops: a file each.

    @onnx_bodied("If")
    def branch(scope: Scope, node: NodeProto, *, then_branch: GraphProto, else_branch: GraphProto) -> Results:

Keyword-only parameters are the attributes, as for `onnx_op`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache

import onnx

from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.bodies.scope import Scope
from onnx2luau.frontends.onnx.unsupported import unsupported

Results = tuple[Value, ...]
Importer = Callable[..., Results]
_IMPORTERS: dict[str, Importer] = {}


def onnx_bodied(operator: str) -> Callable[[Importer], Importer]:
    """Register a function as the importer of an operator that holds graphs."""

    def register(function: Importer) -> Importer:
        _IMPORTERS[operator] = function
        return function

    return register


def import_bodied(scope: Scope, node: onnx.NodeProto) -> Results | None:
    """Return the results of a node with graphs, or None if it is another one."""
    importer = bodied_importers().get(node.op_type) if node.domain in ("", "ai.onnx") else None
    if importer is None:
        return None
    given = {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}
    known = attributes_of(importer)
    for name in given:
        if name not in known:
            raise unsupported(node, scope.name, f"the attribute {name!r} is not supported")
    for name, parameter in known.items():
        if parameter.default is inspect.Parameter.empty and name not in given:
            raise unsupported(node, scope.name, f"its attribute {name!r} is missing")
    return importer(scope, node, **given)


def attributes_of(importer: Importer) -> dict[str, inspect.Parameter]:
    """Return the attributes that an importer knows."""
    parameters = inspect.signature(importer).parameters.values()
    return {each.name: each for each in parameters if each.kind is inspect.Parameter.KEYWORD_ONLY}


@cache
def bodied_importers() -> Mapping[str, Importer]:
    """Return every importer by operator."""
    for entry in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{entry.name}")
    return dict(sorted(_IMPORTERS.items()))
