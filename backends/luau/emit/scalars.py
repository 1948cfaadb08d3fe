"""Scalar expressions in Luau: one table of functions, and the sharing of what is used twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeGuard

from onnx2luau.backends.luau.emit.cheaper import cheaper
from onnx2luau.backends.luau.emit.constants import Constants
from onnx2luau.backends.luau.emit.function import Function
from onnx2luau.backends.luau.emit.singles import overflow_f32, shortest_decimal, to_f32
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.expressions import print_expression
from onnx2luau.backends.luau.syntax.nodes import Binary, Choice, Expression, Name, Number, Unary
from onnx2luau.compiler.ir import scalars
from onnx2luau.compiler.ir.scalars import Apply, Argument, Scalar

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


def emit_scalar(
    f: Function, constants: Constants, body: Scalar, arguments: Sequence[Expression]
) -> Expression:
    """Return an expression for a number; statements that it needs before it are added to `f`."""
    body = cheaper(body)
    return _Emitter(f, constants, body, arguments).number(body)


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
            "int_pow": lambda a, b: call(self.constants.special("trunc"), Binary("^", a, b)),
            "to_f32": to_f32,
            "overflow_f32": lambda x: overflow_f32(self.constants, x),
            # A comparison is several times cheaper than a call.
            "max": lambda a, b: self._pick("<", a, b),
            "min": lambda a, b: self._pick(">", a, b),
        }
        return writers[name](*arguments)

    def _sign(self, x: Expression) -> Expression:
        value = self._named(x)
        # NaN is its own sign, and that of -0 is 0.
        negative = Choice(Binary("<", value, Number(0)), Number(-1), Binary("+", value, Number(0)))
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


def _is_rounding(body: Scalar) -> TypeGuard[Apply]:
    return isinstance(body, Apply) and body.function in ("to_f32", "overflow_f32")


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
