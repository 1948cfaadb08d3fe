"""Prints Luau expressions on one line, with parentheses only where they are needed."""

from __future__ import annotations

from typing import assert_never

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


def _text(expression: Expression) -> tuple[str, int]:  # noqa: C901, PLR0912 - a case for each node
    """Return an expression's text, and how tightly it binds."""
    match expression:
        case Name() | Constant():
            return _name(expression)
        case Number():
            return _number(expression)
        case String():
            return _string(expression)
        case Base64():
            return _base64(expression)
        case NumberLines():
            return _number_lines(expression)
        case Index():
            return _index(expression)
        case Field():
            return _field(expression)
        case Call():
            return _call(expression)
        case Binary():
            return _binary(expression)
        case Unary():
            return _unary(expression)
        case Choice():
            return _choice(expression)
        case Table():
            return _table(expression)
        case FunctionExpression():
            return _function_expression(expression)
        case _:
            assert_never(expression)


def _name(expression: Name | Constant) -> tuple[str, int]:
    return expression.text, ATOM


def _number(expression: Number) -> tuple[str, int]:
    text = number_literal(expression.value)
    if "/" in text:
        return text, PRECEDENCE["/"]
    return text, UNARY if text.startswith("-") else ATOM


def _string(expression: String) -> tuple[str, int]:
    return string_literal(expression.text), ATOM


def _base64(expression: Base64) -> tuple[str, int]:
    return f'"{expression.text}"', ATOM


def _number_lines(expression: NumberLines) -> tuple[str, int]:
    return f"{{ {', '.join(expression.items)} }}", ATOM


def _index(expression: Index) -> tuple[str, int]:
    return f"{_expression(expression.table, ATOM)}[{_expression(expression.key)}]", ATOM


def _field(expression: Field) -> tuple[str, int]:
    return f"{_expression(expression.table, ATOM)}.{expression.name}", ATOM


def _call(expression: Call) -> tuple[str, int]:
    arguments = ", ".join(map(_expression, expression.arguments))
    return f"{_expression(expression.function, ATOM)}({arguments})", ATOM


def _binary(expression: Binary) -> tuple[str, int]:
    own = PRECEDENCE[expression.operator]
    # The side to which an operator does not associate binds one tighter.
    is_right = expression.operator in RIGHT_ASSOCIATIVE
    left = _expression(expression.left, own + is_right)
    # `2 ^ -1` needs no parentheses, though a sign binds less than a power.
    right = _expression(expression.right, UNARY if expression.operator == "^" else own + (not is_right))
    return f"{left} {expression.operator} {right}", own


def _unary(expression: Unary) -> tuple[str, int]:
    space = " " if expression.operator == "not" else ""
    operand = _expression(expression.operand, UNARY)
    if operand.startswith("-") and expression.operator == "-":
        operand = f"({operand})"  # two dashes would begin a comment
    return f"{expression.operator}{space}{operand}", UNARY


def _choice(expression: Choice) -> tuple[str, int]:
    condition, yes, no = map(_expression, (expression.condition, expression.yes, expression.no))
    return f"if {condition} then {yes} else {no}", LOOSEST


def _table(expression: Table) -> tuple[str, int]:
    if not expression.items:
        return "{}", ATOM
    heads = [f"{name} = " for name in expression.names] or [""] * len(expression.items)
    items = [head + _expression(item) for head, item in zip(heads, expression.items, strict=True)]
    return f"{{ {', '.join(items)} }}", ATOM


def _function_expression(expression: FunctionExpression) -> tuple[str, int]:
    raise TypeError("a function is never printed on one line")
