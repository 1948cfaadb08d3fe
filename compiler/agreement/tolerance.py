"""How far an answer may be from an expected one, and how far it is.

`|y - expected| <= 1e-5 * max(1, scale) + 1e-4 * |expected|`, the scale being the largest finite number of
that output.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from onnx2luau.compiler.ir.types import Array


@dataclass(frozen=True)
class Tolerance:
    """How far an answer may be from an expected one."""

    absolute: float = 1e-5
    """In proportion to the output's scale, where that is above 1."""
    relative: float = 1e-4
    """In proportion to the number itself."""

    def allowed(self, expected: Array, scale: Array | float = 1.0) -> Array:
        """Return how far each element may be off."""
        size = np.where(np.isfinite(expected), np.abs(expected), 0)
        return np.asarray(self.absolute * np.maximum(1.0, scale) + self.relative * size)


TOLERANCE = Tolerance()


def scale_of(expected: Array) -> float:
    """Return the largest finite number of an output."""
    numbers = np.abs(np.asarray(expected, np.float64))
    return float(numbers[np.isfinite(numbers)].max(initial=0))


def errors_of(got: Array, expected: Array) -> Array:
    """Return |got - expected| by element: none between equal infinities or two NaN, infinite beside one."""
    with np.errstate(invalid="ignore"):
        errors = np.abs(got - expected)
    same = (got == expected) | (np.isnan(got) & np.isnan(expected))
    return np.asarray(np.where(same, 0.0, np.where(np.isnan(errors), np.inf, errors)))
