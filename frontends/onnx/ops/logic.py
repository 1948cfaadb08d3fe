"""Comparisons, boolean functions and choice."""

from __future__ import annotations

from onnx2luau.compiler.ir.builder import Builder
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.registry import onnx_op


def _binary(operator: str, function: str, meaning: str) -> None:
    def importer(b: Builder, a: Value, c: Value) -> Value:
        return b.apply(function, a, c)

    importer.__doc__ = meaning
    onnx_op(operator)(importer)


for _operator, _function, _meaning in (
    ("Equal", "eq", "A == B."),
    ("Less", "lt", "A < B."),
    ("LessOrEqual", "le", "A <= B."),
    ("Greater", "gt", "A > B."),
    ("GreaterOrEqual", "ge", "A >= B."),
    ("And", "and", "Both."),
    ("Or", "or", "Either or both."),
    ("Xor", "xor", "One but not the other."),
):
    _binary(_operator, _function, _meaning)


@onnx_op("Not")
def negation(b: Builder, x: Value) -> Value:
    """The other truth value."""
    return b.apply("not", x)


@onnx_op("IsNaN")
def is_nan(b: Builder, x: Value) -> Value:
    """Whether x is not a number."""
    return b.apply("is_nan", x)


@onnx_op("Where")
def where(b: Builder, condition: Value, yes: Value, no: Value) -> Value:
    """One of two, by element."""
    return b.where(condition, yes, no)
