"""Scalar expressions in Luau: one table of functions, and the sharing of what is used twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeGuard

import numpy as np

from onnx2luau.backends.luau.constants import Constants
from onnx2luau.backends.luau.function import Function
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.expressions import print_expression
from onnx2luau.backends.luau.syntax.nodes import Binary, Choice, Expression, Field, Name, Number, Unary
from onnx2luau.backends.luau.workspace import LANES
from onnx2luau.compiler.ir import scalars
from onnx2luau.compiler.ir.scalars import Apply, Argument, Scalar, apply

LONGEST = 64
"""Longer expressions are cut into locals."""
OPERATORS = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "pow": "^",
    "eq": "==",
    "ne": "~=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "and": "and",
    "or": "or",
    "xor": "~=",
}
LIBRARY = {
    "abs": "math.abs",
    "sqrt": "math.sqrt",
    "exp": "math.exp",
    "log": "math.log",
    "sin": "math.sin",
    "cos": "math.cos",
    "tan": "math.tan",
    "asin": "math.asin",
    "acos": "math.acos",
    "atan": "math.atan",
    "atan2": "math.atan2",
    "sinh": "math.sinh",
    "cosh": "math.cosh",
    "tanh": "math.tanh",
    "floor": "math.floor",
    "ceil": "math.ceil",
    "fmod": "math.fmod",
}
SPECIAL = {
    "erf": "erf",
    "mod": "mod",
    "wrap": "wrap",
    "wrap_mul": "wrapMul",
    "to_i32": "toI32",
    "trunc": "trunc",
    "round_even": "roundEven",
    "int_div": "intDiv",
}
LOGICAL = ("and", "or", "xor", "not")
SCALING = ("mul", "div")
"""Only in these may a literal be the shortest decimal of its single: an error in its ninth digit stays there.
A sum may cancel all digits before that one, and a comparison sees every one."""
ORDINARY = 1e30
"""Literals beyond this, or as near to zero, are written exactly, since a product with them may overflow."""
RANGE = 896
"""2^128 times this power of two overflows as a double."""
OVERFLOW_NOTE = f"`x * 2 ^ {RANGE} * 2 ^ -{RANGE}` is x, or infinite from 2^128 on, as a single is."


def emit_scalar(
    f: Function, constants: Constants, body: Scalar, arguments: Sequence[Expression]
) -> Expression:
    """Return an expression for a number; statements that it needs before it are added to `f`."""
    cheaper = rewrite(body)
    return _Emitter(f, constants, cheaper, arguments).number(cheaper)


def rewrite(body: Scalar) -> Scalar:
    """Return an expression of the same value that calls fewer functions and overflows nowhere on the way.

    What Luau has no function for is written with those that it has, so that what is used twice is seen.
    """
    match body:
        case Apply("mul", (a, Apply("sigmoid", (x,)))) | Apply("mul", (Apply("sigmoid", (x,)), a)):
            return apply("div", rewrite(a), _one_and_power(rewrite(x), -1))
        case Apply("sigmoid", (x,)):
            return apply("div", 1, _one_and_power(rewrite(x), -1))
        case Apply("tanh", (Apply("softplus", (x,)),)):
            return _tanh_of_softplus(rewrite(x))
        case Apply("softplus", (x,)):
            return _softplus(rewrite(x))
        case Apply("add", (Apply("tanh", (x,)), scalars.Number(1))) | Apply(
            "add", (scalars.Number(1), Apply("tanh", (x,)))
        ):
            return apply("div", 2, _one_and_power(rewrite(x), -2))
        case Apply(name, arguments):
            return Apply(name, tuple(map(rewrite, arguments)))
    return body


def _one_and_power(x: Scalar, factor: float) -> Scalar:
    """1 + e^(factor x). What is divided by it may well overflow: the quotient is 0 then, as it should be."""
    match x:
        case Apply("mul", (inner, scalars.Number(value))) | Apply("mul", (scalars.Number(value), inner)):
            exponent = apply("mul", inner, value * factor)
        case _:
            exponent = apply("neg", x) if factor == -1 else apply("mul", x, factor)
    return apply("add", 1, apply("exp", exponent))


def _softplus(x: Scalar) -> Scalar:
    """log(1 + e^x), which beyond 40 is x to the last digit of a double, and so need not overflow."""
    return apply("where", apply("gt", x, 40), x, apply("log", apply("add", 1, apply("exp", x))))


def _tanh_of_softplus(x: Scalar) -> Scalar:
    """1 - 2 / (e^x (e^x + 2) + 2), since tanh(log p) is (p^2 - 1) / (p^2 + 1). Mish multiplies x by this."""
    power = apply("exp", x)
    return apply("sub", 1, apply("div", 2, apply("add", apply("mul", power, apply("add", power, 2)), 2)))


class _Emitter:
    """One expression on its way into Luau."""

    def __init__(
        self, f: Function, constants: Constants, body: Scalar, arguments: Sequence[Expression]
    ) -> None:
        self.f = f
        self.constants = constants
        self.arguments = arguments
        self.rounded = {each.arguments[0] for each in scalars.walk(body) if _is_rounding(each)}
        self.uses = Counter(_reads(body))
        self.done: dict[Scalar, Expression] = {}

    def number(self, body: Scalar, *, exact: bool = True) -> Expression:
        """Return a number; a truth value becomes 1 or 0."""
        if _is_predicate(body):
            return Choice(self.truth(body), Number(1), Number(0))
        if isinstance(body, scalars.Number):
            is_ordinary = 1 / ORDINARY < abs(body.value) < ORDINARY
            return Number(shortest_decimal(body.value) if is_ordinary and not exact else body.value)
        return self._shared(body)

    def truth(self, body: Scalar) -> Expression:
        """Return a truth value; a number is true unless it is 0."""
        if _is_predicate(body):
            return self._shared(body)
        return Binary("~=", self.number(body), Number(0))

    def _shared(self, body: Scalar) -> Expression:
        if body in self.done:
            return self.done[body]
        expression = self._fresh(body)
        is_plain = isinstance(expression, Name | Number)
        if not is_plain and (self.uses[body] > 1 or len(print_expression(expression)) > LONGEST):
            expression = self.f.local("v" if isinstance(body, Argument) else "t", expression)
        self.done[body] = expression
        return expression

    def _fresh(self, body: Scalar) -> Expression:
        match body:
            case Argument(index):
                return self.arguments[index]
            case Apply("where", (condition, yes, no)):
                return Choice(self.truth(condition), self.number(yes), self.number(no))
            case Apply(name, inner) if name in LOGICAL:
                return self._operator(name, [self.truth(argument) for argument in inner])
            case Apply(name, inner):
                exact = name not in SCALING or body in self.rounded
                return self._operator(name, [self.number(argument, exact=exact) for argument in inner])
        raise TypeError(f"{body} is no expression to emit")

    def _operator(self, name: str, arguments: list[Expression]) -> Expression:
        if name in OPERATORS:
            left, right = arguments
            return Binary(OPERATORS[name], left, right)
        if name in LIBRARY:
            return call(LIBRARY[name], *arguments)
        if name in SPECIAL:
            return call(self.constants.special(SPECIAL[name]), *arguments)
        return self._written_out(name, arguments)

    def _written_out(self, name: str, arguments: list[Expression]) -> Expression:
        writers: dict[str, Callable[..., Expression]] = {
            "neg": lambda x: Unary("-", x),
            "not": lambda x: Unary("not", x),
            "is_nan": lambda x: Binary("~=", self._named(x), self._named(x)),
            "sign": self._sign,
            "to_f32": to_f32,
            "overflow_f32": lambda x: overflow_f32(self.constants, x),
            # A comparison is several times cheaper than a call.
            "max": lambda a, b: self._pick("<", a, b),
            "min": lambda a, b: self._pick(">", a, b),
        }
        return writers[name](*arguments)

    def _sign(self, x: Expression) -> Expression:
        value = self._named(x)
        # Zero and NaN are their own signs.
        negative = Choice(Binary("<", value, Number(0)), Number(-1), value)
        return Choice(Binary(">", value, Number(0)), Number(1), negative)

    def _pick(self, operator: str, a: Expression, b: Expression) -> Expression:
        first, second = self._named(a), self._named(b)
        if isinstance(first, Number):
            first, second = second, first
        better: Expression = Binary(operator, first, second)
        # Either operand may be NaN, which then is the result; every comparison with it is false.
        if not isinstance(second, Number):
            better = Binary("or", better, Binary("~=", second, second))
        return Choice(better, second, first)

    def _named(self, expression: Expression) -> Expression:
        """Return something that can be read twice."""
        if isinstance(expression, Name | Number):
            return expression
        known = next((name for name in self.done.values() if name == expression), None)
        if known is not None:
            name = self.f.local("v", expression)
            self.done = {body: name if e == expression else e for body, e in self.done.items()}
            return name
        return self.f.local("v", expression)


def to_f32(x: Expression) -> Expression:
    """Return the nearest single. A lane of a vector is one, and putting a number into a lane rounds it."""
    if _is_lane(x):
        return x
    return Field(call("vector.create", x, Number(0), Number(0)), "x")


def overflow_f32(constants: Constants, x: Expression) -> Expression:
    """Return a number that is infinite from 2^128 on, as singles are; two products cost less than a test."""
    if _is_lane(x):
        return x
    constants.notes.add(OVERFLOW_NOTE)
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


def _is_rounding(body: Scalar) -> TypeGuard[Apply]:
    return isinstance(body, Apply) and body.function in ("to_f32", "overflow_f32")


def _is_lane(x: Expression) -> bool:
    return isinstance(x, Field) and x.name in LANES


def _reads(body: Scalar) -> list[Scalar]:
    """Return every use of an argument or application, counting what is inside a shared one once."""
    uses: list[Scalar] = []
    seen: set[Scalar] = set()

    def visit(node: Scalar) -> None:
        uses.append(node)
        if node in seen:
            return
        seen.add(node)
        if isinstance(node, Apply):
            for argument in node.arguments:
                visit(argument)

    visit(body)
    return uses


def _is_predicate(body: Scalar) -> bool:
    return isinstance(body, Apply) and scalars.FUNCTIONS[body.function].is_predicate


def shortest_decimal(value: float) -> float:
    """Return the shortest decimal of a number that was a single: 0.01 rather than 0.009999999776482582."""
    with np.errstate(over="ignore"):
        single = np.float32(value)
    return float(str(single)) if float(single) == value else value
