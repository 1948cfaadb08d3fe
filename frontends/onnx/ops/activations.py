"""Activations, each written with the builder's pointwise functions."""

from __future__ import annotations

import math

from onnx2luau.compiler.ir.builder import Builder
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.registry import onnx_op


@onnx_op("Relu")
def relu(b: Builder, x: Value) -> Value:
    """max(x, 0)."""
    return b.apply("max", x, 0.0)


@onnx_op("LeakyRelu")
def leaky_relu(b: Builder, x: Value, *, alpha: float = 0.01) -> Value:
    """X, or alpha x where x is negative."""
    return b.where(x < 0.0, x * alpha, x)


@onnx_op("PRelu")
def parametric_relu(b: Builder, x: Value, slope: Value) -> Value:
    """X, or slope x where x is negative."""
    return b.where(x < 0.0, x * slope, x)


@onnx_op("Elu")
def elu(b: Builder, x: Value, *, alpha: float = 1.0) -> Value:
    """X, or alpha (e^x - 1) where x is negative."""
    return b.where(x < 0.0, (b.apply("exp", x) - 1.0) * alpha, x)


@onnx_op("Celu")
def celu(b: Builder, x: Value, *, alpha: float = 1.0) -> Value:
    """X, or alpha (e^(x / alpha) - 1) where x is negative."""
    # A sum in the definition makes 0 of -0.
    return b.where(x < 0.0, (b.apply("exp", x / alpha) - 1.0) * alpha, x + 0.0)


@onnx_op("Selu")
def selu(
    b: Builder, x: Value, *, alpha: float = 1.6732632423543772, gamma: float = 1.0507009873554805
) -> Value:
    """Gamma x, or gamma alpha (e^x - 1) where x is not positive."""
    return b.where(x > 0.0, x * gamma, (b.apply("exp", x) - 1.0) * (alpha * gamma))


@onnx_op("Sigmoid")
def sigmoid(b: Builder, x: Value) -> Value:
    """1 / (1 + e^-x)."""
    return b.apply("sigmoid", x)


@onnx_op("HardSigmoid")
def hard_sigmoid(b: Builder, x: Value, *, alpha: float = 0.2, beta: float = 0.5) -> Value:
    """Alpha x + beta, kept within 0 and 1."""
    return b.apply("max", b.apply("min", x * alpha + beta, 1.0), 0.0)


@onnx_op("HardSwish")
def hard_swish(b: Builder, x: Value) -> Value:
    """X times x / 6 + 1 / 2, kept within 0 and 1."""
    return x * hard_sigmoid(b, x, alpha=1 / 6, beta=0.5)


@onnx_op("Tanh")
def tanh(b: Builder, x: Value) -> Value:
    """Hyperbolic tangent."""
    return b.apply("tanh", x)


@onnx_op("Softplus")
def softplus(b: Builder, x: Value) -> Value:
    """log(1 + e^x)."""
    return b.apply("softplus", x)


@onnx_op("Softsign")
def softsign(b: Builder, x: Value) -> Value:
    """X / (1 + |x|)."""
    return x / (b.apply("abs", x) + 1.0)


@onnx_op("Mish")
def mish(b: Builder, x: Value) -> Value:
    """X tanh(softplus(x))."""
    return x * tanh(b, softplus(b, x))


@onnx_op("Gelu")
def gelu(b: Builder, x: Value, *, approximate: str = "none") -> Value:
    """X times the normal distribution's share below x, exact or by tanh."""
    if approximate == "tanh":
        inner = (x + x * x * x * 0.044715) * math.sqrt(2 / math.pi)
        return x * 0.5 * (b.apply("tanh", inner) + 1.0)
    if approximate != "none":
        raise ValueError(f"the approximation {approximate!r} is unknown")
    return x * 0.5 * (b.apply("erf", x * math.sqrt(0.5)) + 1.0)


@onnx_op("ThresholdedRelu")
def thresholded_relu(b: Builder, x: Value, *, alpha: float = 1.0) -> Value:
    """X where it is above alpha, else 0."""
    return b.where(x > alpha, x, 0.0)


@onnx_op("Clip")
def clip(b: Builder, x: Value, low: Value | None = None, high: Value | None = None) -> Value:
    """X kept within low and high, each optional."""
    for bound, function in ((low, "max"), (high, "min")):
        if bound is None:
            continue
        if b.constant_of(bound) is not None:
            x = b.apply(function, x, bound)
        else:  # a bound that is NaN is none
            outside = x < bound if function == "max" else x > bound
            x = b.where(outside, bound, x)
    return x
