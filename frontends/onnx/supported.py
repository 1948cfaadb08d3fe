"""The operators that can be imported: those with an import function, and those ONNX defines by them."""

from __future__ import annotations

from dataclasses import dataclass

import onnx

from onnx2luau.frontends.onnx.expand import has_definition
from onnx2luau.frontends.onnx.registry import all_importers, find

FOLDED = {"Constant", "Shape", "Size"}
"""Known while compiling in every model, so that no import function is needed."""


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
    rows += [Operator(name, "Computed while compiling.", ()) for name in FOLDED]
    rows += [
        Operator(schema.name, "Written in terms of others, as ONNX defines it.", tuple(schema.attributes))
        for schema in onnx.defs.get_all_schemas()
        if schema.domain == "" and find("", schema.name) is None and _is_expressible(schema)
    ]
    return sorted(rows, key=lambda row: row.operator)


def _is_expressible(schema: onnx.defs.OpSchema) -> bool:
    """Whether the operator's definition uses nothing but operators that can be imported."""
    if not has_definition(schema.name) or not schema.has_function:  # type: ignore[attr-defined]
        return False
    body = schema.function_body
    return all(node.op_type in FOLDED or find("", node.op_type) is not None for node in body.node)
