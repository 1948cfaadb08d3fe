"""Between which numbers a scalar expression lies, as far as that is known: some can't overflow."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from onnx2luau.compiler.ir.scalars import FUNCTIONS, Apply, Argument, Number, Scalar
from onnx2luau.compiler.ir.types import DType
from onnx2luau.compiler.ir.values import Value

Range = tuple[float, float]
"""The least and the greatest finite number; infinities and NaN of singles are left out of account."""

LARGEST = float.fromhex("0x1.fffffep127")
OVERFLOW = 2.0**128
"""Where doubles still count and singles are infinite."""
LARGEST_EXPONENT = 88.0
ANY: Range = (-math.inf, math.inf)
SINGLE: Range = (-LARGEST, LARGEST)
OF_TYPE: dict[DType, Range] = {
    DType.F32: SINGLE,
    DType.F16: SINGLE,
    DType.I32: (-(2.0**31), 2.0**31),
    DType.I64: (-(2.0**63), 2.0**63),
    DType.BOOL: (0.0, 1.0),
}


def can_overflow(of: Range) -> bool:
    """Whether a number of this range may be one that is infinite as a single."""
    return max(-of[0], of[1]) >= OVERFLOW


def ranges_of(inputs: Sequence[Value], known: Mapping[Value, Range]) -> list[Range]:
    """Return the range of each input; one of which nothing is known is any number of its type."""
    return [known.get(value, OF_TYPE[value.type.dtype]) for value in inputs]


def range_of(body: Scalar, arguments: Sequence[Range]) -> Range:
    """Return the range of an expression over arguments of known ranges."""
    match body:
        case Argument(index):
            return arguments[index]
        case Number(value):
            return (value, value) if math.isfinite(value) else SINGLE
        case Apply("where", (condition, yes, no)):
            # Only one side counts, and there the condition says something of what it compares.
            return _union(
                range_of(yes, _where(condition, arguments)),
                range_of(no, _where(_opposite(condition), arguments)),
            )
    operands = [range_of(each, arguments) for each in body.arguments]
    if FUNCTIONS[body.function].is_predicate:
        return OF_TYPE[DType.BOOL]
    rule = _RULES.get(body.function)
    return ANY if rule is None else _whole(rule(*operands))


def _opposite(condition: Scalar) -> Scalar:
    match condition:
        case Apply(name, compared) if name in _OPPOSITES:
            return Apply(_OPPOSITES[name], compared)
        case _:
            return Number(1.0)


def _where(condition: Scalar, arguments: Sequence[Range]) -> Sequence[Range]:
    """Return the ranges of the arguments for which a condition is true."""
    match condition:
        case Apply("lt" | "le", (Argument(index), Number(bound))):
            limited = arguments[index][0], min(arguments[index][1], bound)
        case Apply("gt" | "ge", (Argument(index), Number(bound))):
            limited = max(arguments[index][0], bound), arguments[index][1]
        case _:
            return arguments
    return [limited if place == index else each for place, each in enumerate(arguments)]


def _whole(found: Range) -> Range:
    """Return the range without NaN, which infinite bounds make: nothing is known then."""
    return ANY if math.isnan(found[0]) or math.isnan(found[1]) else found


def _products(a: Range, b: Range) -> Range:
    # Zero times an infinite bound is zero: the bound stands for finite numbers.
    corners = [x * y if x and y else 0.0 for x in a for y in b]
    return min(corners), max(corners)


def _quotients(a: Range, b: Range) -> Range:
    if b[0] <= 0 <= b[1]:
        return ANY
    return _products(a, (1 / b[1], 1 / b[0]))


def _symmetric(bound: float) -> Callable[..., Range]:
    return lambda *_: (-bound, bound)


def _union(*ranges: Range) -> Range:
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def _magnitude(x: Range) -> Range:
    return (0.0 if x[0] <= 0 <= x[1] else min(map(abs, x))), max(map(abs, x))


_OPPOSITES = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}
_RULES: dict[str, Callable[..., Range]] = {
    "add": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "sub": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "mul": _products,
    "div": _quotients,
    "neg": lambda x: (-x[1], -x[0]),
    "abs": _magnitude,
    "min": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "max": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    "mod": lambda a, b: _union(a, b, (-b[1], -b[0])),
    "fmod": lambda a, _: _union(a, (0.0, 0.0)),
    "sqrt": lambda x: (0.0, math.sqrt(max(x[1], 0.0))),
    "exp": lambda x: (0.0, math.exp(x[1]) if x[1] <= LARGEST_EXPONENT else math.inf),
    "log": _symmetric(1e3),
    "softplus": lambda x: (0.0, max(x[1], 0.0) + 1),
    **dict.fromkeys(("floor", "ceil", "round_even", "trunc"), lambda x: (x[0] - 1, x[1] + 1)),
    **dict.fromkeys(("sin", "cos", "tanh", "erf", "sign", "sigmoid"), _symmetric(1.0)),
    **dict.fromkeys(("asin", "acos", "atan", "atan2"), _symmetric(4.0)),
    **dict.fromkeys(("to_f32", "overflow_f32"), lambda x: (max(x[0], -LARGEST), min(x[1], LARGEST))),
}
