"""Scalar expressions of the same value that Luau computes with fewer calls."""

from __future__ import annotations

from onnx2luau.compiler.ir import scalars
from onnx2luau.compiler.ir.scalars import Apply, Scalar, apply


def cheaper(body: Scalar) -> Scalar:
    """Return an expression of the same value that calls fewer functions and overflows nowhere on the way.

    What Luau has no function for is written with those that it has, so that what is used twice is seen.
    """
    match body:
        case Apply("mul", (a, Apply("sigmoid", (x,)))) | Apply("mul", (Apply("sigmoid", (x,)), a)):
            return apply("div", cheaper(a), _one_and_power(cheaper(x), -1))
        case Apply("sigmoid", (x,)):
            return apply("div", 1, _one_and_power(cheaper(x), -1))
        case Apply("tanh", (Apply("softplus", (x,)),)):
            return _tanh_of_softplus(cheaper(x))
        case Apply("softplus", (x,)):
            return _softplus(cheaper(x))
        case Apply("add", (Apply("tanh", (x,)), scalars.Number(1))) | Apply(
            "add", (scalars.Number(1), Apply("tanh", (x,)))
        ):
            return apply("div", 2, _one_and_power(cheaper(x), -2))
        case Apply(name, arguments):
            return Apply(name, tuple(map(cheaper, arguments)))
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
