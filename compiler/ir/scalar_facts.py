"""What a scalar function does to the numbers that go through it."""

from __future__ import annotations

import math

from onnx2luau.compiler.ir.scalars import IDENTITY, Apply, Argument, Number, Scalar, walk

HALF = 0.5
"""The share of numbers that a ReLU leaves, as long as nothing was counted; also of inputs."""
LINEAR = {"add", "sub", "mul", "div", "neg", "abs", "min", "max"}
"""Through these, the error of an argument goes on."""


def density_after(body: Scalar, density: float) -> float:
    """Return the share of numbers that are not zero after a function: half, if it cuts them off at zero."""
    if body == IDENTITY:
        return density
    cuts = any(
        isinstance(each, Apply) and each.function == "max" and Number(0) in each.arguments
        for each in walk(body)
    )
    return HALF if cuts else 1.0


def is_linear(body: Scalar) -> bool:
    """Whether it only scales and shifts, or takes the larger or the smaller."""
    return all(each.function in LINEAR for each in walk(body) if isinstance(each, Apply))


def keeps_numbers(body: Scalar) -> bool:
    """Whether every number comes out as it went in, the sign of zero with it."""
    match body:
        # What is left of -0 when 0 is added is 0.
        case Apply("add" | "sub", (Argument(0), Number(0.0 as zero))):
            return (math.copysign(1, zero) < 0) == (body.function == "add")
        case Apply("mul" | "div", (Argument(0), Number(1.0))):
            return True
        case _:
            return body == IDENTITY
