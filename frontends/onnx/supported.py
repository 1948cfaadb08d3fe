"""The operators that can be imported: those with an import function, and those ONNX defines by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import onnx

from onnx2luau.compiler.errors import ModelError
from onnx2luau.frontends.onnx.bodies import attributes_of, bodied_importers
from onnx2luau.frontends.onnx.expand import has_definition
from onnx2luau.frontends.onnx.importer import import_model
from onnx2luau.frontends.onnx.registry import all_importers, find, first_line

FOLDED = {"Constant", "Shape", "Size"}
"""Known while compiling in every model, so that no import function is needed."""
PROBES = ((2, 4, 4, 4), (2, 4))
"""Shapes one of which most operators take."""


@dataclass(frozen=True)
class Operator:
    """An operator for people to read about."""

    operator: str
    meaning: str
    attributes: tuple[str, ...]


def supported() -> list[Operator]:
    """Return every operator that compiles, in the order of names."""
    rows = [
        Operator(importer.operator, importer.summary, tuple(importer.attributes))
        for importer in all_importers()
    ]
    rows += [
        Operator(name, first_line(importer), tuple(attributes_of(importer)))
        for name, importer in bodied_importers().items()
    ]
    rows += [Operator(name, "Computed while compiling.", ()) for name in FOLDED]
    rows += [
        Operator(
            schema.name, "Written in terms of others, as ONNX defines it.", tuple(sorted(schema.attributes))
        )
        for schema in onnx.defs.get_all_schemas()
        if schema.domain == "" and find("", schema.name) is None and _is_expressible(schema)
    ]
    return sorted(rows, key=lambda row: row.operator)


def _is_expressible(schema: onnx.defs.OpSchema) -> bool:
    """Whether the operator's definition can be imported, found by importing one node of it."""
    if not has_definition(schema.name):
        return False
    return any(_imports(schema, shape) for shape in PROBES)


def _imports(schema: onnx.defs.OpSchema, shape: tuple[int, ...]) -> bool:
    inputs = [f"x{index}" for index in range(schema.min_input)]
    needed: dict[str, Any] = {name: 1 for name, attribute in schema.attributes.items() if attribute.required}
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(schema.name, inputs, ["y"], **needed)],
        schema.name,
        [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name in inputs],
        [onnx.helper.make_empty_tensor_value_info("y")],
    )
    try:
        import_model(onnx.helper.make_model(graph), schema.name)
    except ModelError:
        return False
    return True
