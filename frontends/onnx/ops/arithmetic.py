"""Arithmetic and elementary functions."""

from __future__ import annotations

import math
from functools import reduce

from onnx2luau.compiler.ir import scalars
from onnx2luau.compiler.ir.builder import Builder
from onnx2luau.compiler.ir.scalars import Argument
from onnx2luau.compiler.ir.types import DType, broadcast_shape
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.registry import onnx_op


def _wrapped(b: Builder, result: Value) -> Value:
    """32-bit integers overflow into their negatives, as ONNX Runtime's do."""
    return b.apply("wrap", result) if result.type.dtype is DType.I32 else result


@onnx_op("Add")
def add(b: Builder, a: Value, c: Value) -> Value:
    """A + B."""
    return _wrapped(b, a + c)


@onnx_op("Sub")
def sub(b: Builder, a: Value, c: Value) -> Value:
    """A - B."""
    return _wrapped(b, a - c)


@onnx_op("Mul")
def mul(b: Builder, a: Value, c: Value) -> Value:
    """A * B."""
    return b.apply("wrap_mul", a, c) if a.type.dtype is DType.I32 else a * c


@onnx_op("Div")
def div(b: Builder, a: Value, c: Value) -> Value:
    """A / B; integers are rounded toward zero."""
    if a.type.dtype.is_integer:
        return _wrapped(b, b.apply("int_div", a, c))
    return a / c


@onnx_op("Mod")
def mod(b: Builder, a: Value, c: Value, *, fmod: bool = False) -> Value:
    """Remainder with the sign of B, or of A with fmod."""
    return b.apply("fmod" if fmod else "mod", a, c)


@onnx_op("Pow")
def power(b: Builder, a: Value, c: Value) -> Value:
    """A to the power of B."""
    if a.type.dtype.is_integer:
        return _integer_power(b, a, c)
    exponent = b.constant_of(c)
    # A product is exact and many times cheaper than the C library's pow.
    if exponent is not None and exponent.size == 1 and c.type.size == 1:
        match float(exponent.item()):
            case 1.0:
                return b.expand(a, broadcast_shape(a.shape, c.shape))
            case 2.0:
                return b.expand(a * a, broadcast_shape(a.shape, c.shape))
            case 3.0:
                return b.expand(a * a * a, broadcast_shape(a.shape, c.shape))
            case 0.5:
                # Minus infinity has this power and no square root; that of -0 is -0, and its power 0.
                root = b.where(b.apply("eq", a, -math.inf), math.inf, b.apply("sqrt", a + 0.0))
                return b.expand(root, broadcast_shape(a.shape, c.shape))
    return b.apply("pow", a, b.cast(c, a.type.dtype))


def _integer_power(b: Builder, a: Value, c: Value) -> Value:
    """As ONNX Runtime: the power of doubles, cut off; if all have the same exponent of 2 or 3, products."""
    body = scalars.apply("int_pow", Argument(0), Argument(1))
    if a.type.dtype is not DType.I32:
        return b.pointwise(body, [a, c], a.type.dtype)
    body = scalars.apply("to_i32", body)
    if c.type.size == 1:
        square = scalars.apply("wrap_mul", Argument(0), Argument(0))
        for exponent, product in ((2, square), (3, scalars.apply("wrap_mul", square, Argument(0)))):
            body = scalars.apply("where", scalars.apply("eq", Argument(1), exponent), product, body)
    return b.pointwise(body, [a, c], a.type.dtype)


@onnx_op("Neg")
def neg(b: Builder, x: Value) -> Value:
    """-x."""
    return _wrapped(b, -x)


@onnx_op("Abs")
def absolute(b: Builder, x: Value) -> Value:
    """|x|."""
    return _wrapped(b, b.apply("abs", x))


@onnx_op("Reciprocal")
def reciprocal(b: Builder, x: Value) -> Value:
    """1 / x."""
    return 1.0 / x


def _unary(operator: str, function: str, meaning: str) -> None:
    def importer(b: Builder, x: Value) -> Value:
        return b.apply(function, x)

    importer.__doc__ = meaning
    onnx_op(operator)(importer)


for _operator, _function, _meaning in (
    ("Sqrt", "sqrt", "Square root."),
    ("Exp", "exp", "e to the power of x."),
    ("Log", "log", "Natural logarithm."),
    ("Sin", "sin", "Sine."),
    ("Cos", "cos", "Cosine."),
    ("Tan", "tan", "Tangent."),
    ("Asin", "asin", "Inverse sine."),
    ("Acos", "acos", "Inverse cosine."),
    ("Atan", "atan", "Inverse tangent."),
    ("Sinh", "sinh", "Hyperbolic sine."),
    ("Cosh", "cosh", "Hyperbolic cosine."),
    ("Erf", "erf", "Error function."),
    ("Floor", "floor", "Largest integer not above x."),
    ("Ceil", "ceil", "Smallest integer not below x."),
    ("Round", "round_even", "Nearest integer, halves to the even one."),
    ("Sign", "sign", "-1, 0 or 1."),
):
    _unary(_operator, _function, _meaning)


@onnx_op("Min")
def minimum(b: Builder, *xs: Value) -> Value:
    """Smallest of the operands."""
    return reduce(lambda a, c: b.apply("min", a, c), xs)


@onnx_op("Max")
def maximum(b: Builder, *xs: Value) -> Value:
    """Largest of the operands."""
    return reduce(lambda a, c: b.apply("max", a, c), xs)


@onnx_op("Sum")
def total(b: Builder, *xs: Value) -> Value:
    """Sum of the operands."""
    return reduce(lambda a, c: a + c, xs)


@onnx_op("Mean")
def mean(b: Builder, *xs: Value) -> Value:
    """Mean of the operands."""
    return total(b, *xs) * (1 / len(xs))
