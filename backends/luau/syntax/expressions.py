"""Prints Luau expressions on one line, with parentheses only where they are needed."""

from __future__ import annotations

from functools import singledispatch

from onnx2luau.backends.luau.syntax.nodes import (
    Base64,
    Binary,
    Call,
    Choice,
    Constant,
    Expression,
    Field,
    FunctionExpression,
    Index,
    Name,
    Number,
    NumberLines,
    String,
    Table,
    Unary,
)
from onnx2luau.backends.luau.syntax.text import number_literal, string_literal

PRECEDENCE = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("<", ">", "<=", ">=", "~=", "=="), 3),
    "..": 4,
    "+": 5,
    "-": 5,
    **dict.fromkeys(("*", "/", "//", "%"), 6),
    "^": 8,
}
RIGHT_ASSOCIATIVE = ("..", "^")
UNARY = 7
ATOM = 9
LOOSEST = 0


def print_expression(expression: Expression) -> str:
    """Return an expression on one line."""
    return _expression(expression)


def _expression(expression: Expression, binding: int = LOOSEST) -> str:
    text, own = _text(expression)
    return f"({text})" if own < binding else text


@singledispatch
def _text(expression: Expression) -> tuple[str, int]:
    raise TypeError(f"{expression!r} is not an expression")


@_text.register
def _(expression: Name | Constant) -> tuple[str, int]:
    return expression.text, ATOM


@_text.register
def _(expression: Number) -> tuple[str, int]:
    text = number_literal(expression.value)
    if "/" in text:
        return text, PRECEDENCE["/"]
    return text, UNARY if text.startswith("-") else ATOM


@_text.register
def _(expression: String) -> tuple[str, int]:
    return string_literal(expression.text), ATOM


@_text.register
def _(expression: Base64) -> tuple[str, int]:
    return f'"{expression.text}"', ATOM


@_text.register
def _(expression: NumberLines) -> tuple[str, int]:
    return f"{{ {', '.join(expression.items)} }}", ATOM


@_text.register
def _(expression: Index) -> tuple[str, int]:
    return f"{_expression(expression.table, ATOM)}[{_expression(expression.key)}]", ATOM


@_text.register
def _(expression: Field) -> tuple[str, int]:
    return f"{_expression(expression.table, ATOM)}.{expression.name}", ATOM


@_text.register
def _(expression: Call) -> tuple[str, int]:
    arguments = ", ".join(map(_expression, expression.arguments))
    return f"{_expression(expression.function, ATOM)}({arguments})", ATOM


@_text.register
def _(expression: Binary) -> tuple[str, int]:
    own = PRECEDENCE[expression.operator]
    # The side to which an operator does not associate binds one tighter.
    is_right = expression.operator in RIGHT_ASSOCIATIVE
    left = _expression(expression.left, own + is_right)
    # `2 ^ -1` needs no parentheses, though a sign binds less than a power.
    right = _expression(expression.right, UNARY if expression.operator == "^" else own + (not is_right))
    return f"{left} {expression.operator} {right}", own


@_text.register
def _(expression: Unary) -> tuple[str, int]:
    space = " " if expression.operator == "not" else ""
    operand = _expression(expression.operand, UNARY)
    if operand.startswith("-") and expression.operator == "-":
        operand = f"({operand})"  # two dashes would begin a comment
    return f"{expression.operator}{space}{operand}", UNARY


@_text.register
def _(expression: Choice) -> tuple[str, int]:
    condition, yes, no = map(_expression, (expression.condition, expression.yes, expression.no))
    return f"if {condition} then {yes} else {no}", LOOSEST


@_text.register
def _(expression: Table) -> tuple[str, int]:
    if not expression.items:
        return "{}", ATOM
    heads = [f"{name} = " for name in expression.names] or [""] * len(expression.items)
    items = [head + _expression(item) for head, item in zip(heads, expression.items, strict=True)]
    return f"{{ {', '.join(items)} }}", ATOM


@_text.register
def _(expression: FunctionExpression) -> tuple[str, int]:
    raise TypeError("a function is never printed on one line")
