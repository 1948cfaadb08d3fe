"""Scalar expressions as people write them, for comments."""

from __future__ import annotations

from onnx2luau.backends.luau.emit.scalars import OPERATORS
from onnx2luau.backends.luau.emit.singles import shortest_decimal
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.expressions import print_expression
from onnx2luau.backends.luau.syntax.nodes import Binary, Choice, Expression, Name, Number, Unary
from onnx2luau.compiler.ir.scalars import Apply, Argument, Scalar
from onnx2luau.compiler.ir.scalars import Number as Literal

LONGEST = 80


def formula(body: Scalar) -> str:
    """Return an expression of `x` in infix form; a long one is cut."""
    text = print_expression(_expression(body))
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def _expression(body: Scalar) -> Expression:
    match body:
        case Argument(index):
            return Name("x" if index == 0 else f"x{index}")
        case Literal(value):
            return Number(shortest_decimal(value))
        case Apply("neg", (x,)):
            return Unary("-", _expression(x))
        case Apply("where", (condition, yes, no)):
            return Choice(_expression(condition), _expression(yes), _expression(no))
        case Apply(name, (left, right)) if name in OPERATORS:
            return Binary(OPERATORS[name], _expression(left), _expression(right))
        case Apply(name, arguments):
            return call(name, *map(_expression, arguments))
