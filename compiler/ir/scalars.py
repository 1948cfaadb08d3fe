"""Scalar expressions: what a Pointwise does to one element, and what an activation does to a sum.

`relu` is the expression `max($0, 0.0)`; `$0` stands for the element of the first operand. Being a tree
and not a name, an expression can be substituted into another, so fusing needs no list of combinations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Argument:
    """The element of the operand at `index`."""

    index: int

    def __str__(self) -> str:
        return f"${self.index}"


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float

    def __str__(self) -> str:
        return repr(float(self.value))

    def __eq__(self, other: object) -> bool:
        # By text, so that NaN equals itself and -0.0 differs from 0.0.
        return isinstance(other, Number) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


@dataclass(frozen=True)
class Apply:
    """A function of the table below, applied."""

    function: str
    arguments: tuple[Scalar, ...]

    def __post_init__(self) -> None:
        arity = FUNCTIONS.get(self.function)
        if arity is None:
            raise ValueError(f"there is no scalar function '{self.function}'")
        if arity.arity != len(self.arguments):
            raise ValueError(f"'{self.function}' takes {arity.arity} arguments, not {len(self.arguments)}")

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.arguments))})"


Scalar = Argument | Number | Apply


@dataclass(frozen=True)
class Function:
    """What the IR knows of a scalar function; each backend has a table of the same names."""

    arity: int
    is_predicate: bool = False


FUNCTIONS: dict[str, Function] = {
    **dict.fromkeys(("add", "sub", "mul", "div", "pow", "min", "max", "atan2"), Function(2)),
    # Integer division rounds toward zero; `mod` has the sign of the divisor, `fmod` that of the dividend.
    # An integer's power is computed with doubles and cut off, whatever the type of the exponent.
    **dict.fromkeys(("int_div", "int_pow", "mod", "fmod"), Function(2)),
    **dict.fromkeys(("neg", "abs", "sqrt", "exp", "log", "sin", "cos", "tan"), Function(1)),
    **dict.fromkeys(("asin", "acos", "atan", "sinh", "cosh", "tanh"), Function(1)),
    **dict.fromkeys(("floor", "ceil", "round_even", "trunc", "sign"), Function(1)),
    **dict.fromkeys(("sigmoid", "softplus", "erf"), Function(1)),
    # `wrap` brings the result of 32-bit integer arithmetic back into range; `wrap_mul` is a product and that,
    # since the product alone may be beyond what a double holds. `to_i32` is a conversion from floats.
    **dict.fromkeys(("wrap", "to_i32"), Function(1)),
    "wrap_mul": Function(2),
    # What arithmetic on doubles leaves undone: `to_f32` gives the nearest single, and `overflow_f32` the
    # number itself, or an infinity from 2^128 on, which no single reaches.
    **dict.fromkeys(("to_f32", "overflow_f32"), Function(1)),
    "where": Function(3),
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge", "and", "or", "xor"), Function(2, is_predicate=True)),
    **dict.fromkeys(("not", "is_nan"), Function(1, is_predicate=True)),
}

IDENTITY: Scalar = Argument(0)


def apply(function: str, *arguments: Scalar | float) -> Scalar:
    """Build an application, taking plain numbers for constants."""
    return Apply(function, tuple(_scalar(argument) for argument in arguments))


def _scalar(argument: Scalar | float) -> Scalar:
    return Number(float(argument)) if isinstance(argument, int | float) else argument


def substitute(body: Scalar, replace: Callable[[Argument], Scalar]) -> Scalar:
    """Put an expression in the place of every argument."""
    match body:
        case Argument():
            return replace(body)
        case Apply(function, arguments):
            return Apply(function, tuple(substitute(argument, replace) for argument in arguments))
        case _:
            return body


def walk(body: Scalar) -> Iterator[Scalar]:
    """Every node of an expression, arguments before what uses them."""
    if isinstance(body, Apply):
        for argument in body.arguments:
            yield from walk(argument)
    yield body


def arguments_of(body: Scalar) -> set[int]:
    """The indices of the operands that an expression reads."""
    return {node.index for node in walk(body) if isinstance(node, Argument)}


def compact(body: Scalar, operands: Sequence[object]) -> tuple[Scalar, list[int]]:
    """Number the arguments anew so that each distinct operand is read once; return also which are kept."""
    kept: list[int] = []
    place: dict[object, int] = {}
    renamed: dict[int, int] = {}
    for index in sorted(arguments_of(body)):
        operand = operands[index]
        if operand not in place:
            place[operand] = len(kept)
            kept.append(index)
        renamed[index] = place[operand]
    return substitute(body, lambda argument: Argument(renamed[argument.index])), kept


def is_rectifier(body: Scalar) -> bool:
    """Whether an expression is max(x, 0)."""
    return body == apply("max", IDENTITY, 0)
