"""Matrices as integers from -127 to 127, with a scale for each row (the weights of one output)."""

from __future__ import annotations

import numpy as np

from onnx2luau.compiler.ir.types import Array

MOST = 127
SHORTEST_ROW = 2
"""A number alone in its row is smaller as f32 than with a scale of its own."""
LEADING_BITS = np.uint32(0xFFFFFF80)
"""Keeps the first 17 digits of an f32, so that its product with an integer of 7 digits is an f32 too."""


def quantise(matrix: Array) -> tuple[Array, Array] | None:
    """Return the integers [rows, ...] as i8, and the scales [rows] as f32; None where int8 would not do.

    That is so for rows of one number, for numbers that are not finite, and for rows so near to zero that
    their scale would lose digits. Doing it again to what came back changes nothing.
    """
    if matrix.ndim < 2 or matrix.size < SHORTEST_ROW * len(matrix) or not np.isfinite(matrix).all():
        return None
    rows = matrix.reshape(len(matrix), -1).astype(np.float64)
    largest = np.abs(rows).max(axis=1, initial=0)
    scales = ((largest / MOST).astype("<f4").view(np.uint32) & LEADING_BITS).view("<f4")
    if ((largest > 0) & (scales < np.finfo(np.float32).tiny)).any():
        return None
    scales = np.where(largest > 0, scales, np.float32(1))
    integers = np.clip(np.rint(rows / scales[:, None]), -MOST, MOST).astype(np.int8)
    return integers.reshape(matrix.shape), scales


def restored(integers: Array, scales: Array) -> Array:
    """Return the numbers [rows, ...] that integers and scales stand for, as f32; no product is rounded."""
    return np.asarray(integers * scales.reshape(-1, *[1] * (integers.ndim - 1)))
