"""Attributes and constants as the plain Python values that a signature declares."""

from __future__ import annotations

from collections.abc import Collection

import onnx

from onnx2luau.compiler.ir.types import Array

INTEGERS = tuple[int, ...]
Plain = int | float | str | tuple[int, ...]
_TYPES = onnx.AttributeProto


def plain_attribute(attribute: onnx.AttributeProto, kinds: Collection[object]) -> Plain | None:
    """Return an attribute as one of the kinds that are declared, or None when it is of no such kind.

    A truth value is an integer in ONNX; what is neither 0 nor 1 would be read by ONNX Runtime as one or the
    other, depending on the operator.
    """
    if attribute.ref_attr_name:
        return None
    match attribute.type:
        case _TYPES.INT if bool in kinds:
            return bool(attribute.i) if attribute.i in (0, 1) else None
        case _TYPES.INT if int in kinds:
            return int(attribute.i)
        case _TYPES.FLOAT if float in kinds:
            return float(attribute.f)
        case _TYPES.STRING if str in kinds:
            return attribute.s.decode("utf-8", "replace")
        case _TYPES.INTS if INTEGERS in kinds:
            return tuple(attribute.ints)
        case _:
            return None


def plain_constant(array: Array, kinds: Collection[object]) -> Plain | None:
    """Return a constant as one of the kinds that are declared, or None when it is of no such kind."""
    if INTEGERS in kinds:
        is_list = array.dtype.kind in "iu" and array.ndim <= 1
        return tuple(int(number) for number in array.ravel()) if is_list else None
    if array.size != 1 or array.dtype.kind not in "fiub":
        return None
    if bool in kinds:
        return bool(array.item()) if array.dtype.kind == "b" else None
    return float(array.item())


def shown(attribute: onnx.AttributeProto) -> str:
    """Return an attribute's value, or what else it is, for a message."""
    if attribute.ref_attr_name:
        return f"that of a function, {attribute.ref_attr_name!r}, outside of one"
    match attribute.type:
        case _TYPES.INT:
            return str(attribute.i)
        case _TYPES.FLOAT:
            return f"{attribute.f:g}"
        case _TYPES.STRING:
            return repr(attribute.s.decode("utf-8", "replace")[:40])
        case known if known in _TYPES.AttributeType.values():
            return f"of the type {_TYPES.AttributeType.Name(known)}"
        case other:
            return f"of the type {other}, which ONNX does not have"
