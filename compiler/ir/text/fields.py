"""Whether what stands in a text is of the kind that an op's field takes."""

from __future__ import annotations

import typing
from types import UnionType
from typing import Any

from onnx2luau.compiler.ir.op import Op


def kinds_of(op: type[Op]) -> dict[str, Any]:
    """Return the declared kind of every field of an op."""
    return typing.get_type_hints(op)


def fits(value: object, kind: Any) -> bool:
    """Whether a value is of a declared kind: a class, one of several, or a tuple; 1 is a float, too."""
    if typing.get_origin(kind) in (UnionType, typing.Union):
        return any(fits(value, each) for each in typing.get_args(kind))
    if typing.get_origin(kind) is tuple:
        inner, _ = typing.get_args(kind)
        return isinstance(value, tuple) and all(fits(item, inner) for item in value)
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float if kind is float else kind)
