"""Single precision in Luau, whose numbers are doubles: what rounds and overflows, how constants read."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.luau.emit.constants import Constants
from onnx2luau.backends.luau.plan.workspace import LANES
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Field, Number
from onnx2luau.compiler.ir import scalars
from onnx2luau.compiler.ir.scalars import Apply, Argument, Scalar, apply

RANGE = 896
"""2^128 times this power of two overflows as a double."""
OVERFLOW_NOTE = f"`x * 2 ^ {RANGE} * 2 ^ -{RANGE}` is x, or infinite from 2^128 on, as a single is."


def to_f32(x: Expression) -> Expression:
    """Return the nearest single. A lane of a vector is one, and putting a number into a lane rounds it."""
    if _is_lane(x):
        return x
    return Field(call("vector.create", x, Number(0), Number(0)), "x")


def overflow_f32(constants: Constants, x: Expression) -> Expression:
    """Return a number that is infinite from 2^128 on, as singles are; two products cost less than a test."""
    if _is_lane(x):
        return x
    constants.note(OVERFLOW_NOTE)
    up, down = Binary("^", Number(2), Number(RANGE)), Binary("^", Number(2), Number(-RANGE))
    return Binary("*", Binary("*", x, up), down)


def of_singles(body: Scalar) -> Scalar:
    """Return an expression for an operand that is a single already, without rounding it once more."""
    match body:
        case Apply("to_f32" | "overflow_f32", (Argument(0) as operand,)):
            return operand
        case Apply(name, arguments):
            return Apply(name, tuple(map(of_singles, arguments)))
    return body


def in_range(body: Scalar) -> Scalar:
    """Return an expression for an operand that is a sum of doubles, which overflows here."""
    single = as_single(body)
    return body if single in scalars.walk(body) else scalars.substitute(body, lambda _: single)


def as_single(body: Scalar) -> Scalar:
    """Return what makes the operand of an expression, a sum of doubles, the single that it asks for."""
    is_rounded = apply("to_f32", scalars.IDENTITY) in scalars.walk(body)
    return apply("to_f32" if is_rounded else "overflow_f32", scalars.IDENTITY)


def _is_lane(x: Expression) -> bool:
    return isinstance(x, Field) and x.name in LANES


def shortest_decimal(value: float) -> float:
    """Return the shortest decimal of a number that was a single: 0.01 rather than 0.009999999776482582."""
    with np.errstate(over="ignore"):
        single = np.float32(value)
    return float(str(single)) if float(single) == value else value
