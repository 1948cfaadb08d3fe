"""Builds expressions, working out what is known while compiling."""

from __future__ import annotations

from onnx2luau.backends.luau.syntax.nodes import Binary, Call, Expression, Field, Name, Number


def call(function: str, *arguments: Expression) -> Call:
    """Return a call of a global or library function, `math.max` for instance."""
    target: Expression
    first, *rest = function.split(".")
    target = Name(first)
    for part in rest:
        target = Field(target, part)
    return Call(target, arguments)


def plus(left: Expression, right: Expression | float) -> Expression:
    """Return a sum, worked out where both sides are literals and left out where one is 0."""
    right = Number(right) if isinstance(right, int | float) else right
    match left, right:
        case Number(a), Number(b):
            return Number(a + b)
        case _, Number(0):
            return left
        case Number(0), _:
            return right
        case Binary("+", inner, Number(a)), Number(b):
            return plus(inner, a + b)
        case Binary("-", inner, Number(a)), Number(b):
            return plus(inner, b - a)
        case _, Number(b) if b < 0:
            return Binary("-", left, Number(-b))
        case _, Binary("+" | "-" as operator, first, second):
            return Binary(operator, plus(left, first), second)
    return Binary("+", left, right)


def times(left: Expression, right: float) -> Expression:
    """Return a product with a literal, worked out where it can be."""
    match left:
        case Number(a):
            return Number(a * right)
        case Binary("*", inner, Number(a)):
            return times(inner, a * right)
    if right == 0:
        return Number(0)
    return left if right == 1 else Binary("*", left, Number(right))
