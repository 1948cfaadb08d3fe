"""What an op is that multiplies by trained weights, whichever way it says so."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.scalars import IDENTITY, Scalar
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value


@dataclass(frozen=True)
class Product:
    """activation(x @ weight.T + bias) over the last axis of x in another shape."""

    x: Value
    shape: tuple[int, ...]
    """What x is to be reshaped to; its own shape if it need not be."""
    weight: Array
    """[outputs, inputs]"""
    name: str
    """What the weight is called."""
    bias: Value | None = None
    activation: Scalar = IDENTITY
