"""One stream of numbers for a whole model; every array has an offset in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from onnx2luau.backends.luau.weights.int8 import quantise, restored
from onnx2luau.compiler.ir.types import Array

EXACT_IN_F32 = 2**24


@dataclass(frozen=True)
class Entry:
    """Where an array begins: in bytes when encoded as base64, in numbers when written as a table."""

    format: str
    offset: int
    count: int
    size: int
    """Bytes, before they are written as text."""
    rows: int | None = None
    """Of an int8 matrix: how many scales follow the integers."""


class WeightStore:
    """Collects arrays; equal ones are stored once."""

    def __init__(self, precision: str = "f32", encoding: str = "base64") -> None:
        self.encoding = encoding
        self.arrays: list[Array] = []
        """What is stored, in order, in little-endian types."""
        self._precision = precision
        self._known: dict[tuple[str, bytes], Entry] = {}
        self._offset = 0

    def add(self, array: Array, *, reducible: bool) -> Entry:
        """Store an array [rows, ...] in row-major order; no number of it changes.

        A reducible array is stored in the precision the user chose if that holds its numbers exactly, as it
        does after `reduced`.
        """
        format_, pieces = _stored(array, self._precision if reducible else "f32")
        key = (format_, b"".join(piece.tobytes() for piece in pieces))
        if key not in self._known:
            rows = len(pieces[1]) if len(pieces) > 1 else None
            self._known[key] = Entry(format_, self._offset, array.size, len(key[1]), rows)
            self._offset += sum(map(len, pieces)) if self.encoding == "table" else len(key[1])
            self.arrays += pieces
        return self._known[key]


def reduced(array: Array, precision: str) -> Array:
    """Return an array [rows, ...] rounded to a precision; as it is if it can't be stored in that."""
    if precision == "f16" and _fits_halves(array):
        return array.astype(np.float16).astype(array.dtype)
    if precision == "int8" and (parts := quantise(array)) is not None:
        return restored(*parts)
    return array


def _fits_halves(array: Array) -> bool:
    """Whether no number of an array would become infinite as a half."""
    return bool(np.nanmax(np.abs(array), initial=0) <= np.finfo(np.float16).max)


def _stored(array: Array, precision: str) -> tuple[str, list[Array]]:
    """Return the format that holds an array exactly, and the flat arrays that are stored."""
    if array.dtype.kind in "iu" and array.size and np.abs(array).max() > EXACT_IN_F32:
        return "f64", [array.ravel().astype("<f8")]
    if precision != "f32" and np.array_equal(reduced(array, precision), array, equal_nan=True):
        if precision == "f16" and _fits_halves(array):
            return "f16", [array.ravel().astype("<f2")]
        if precision == "int8" and (parts := quantise(array)) is not None:
            return "int8", [part.ravel() for part in parts]
    return "f32", [array.ravel().astype("<f4")]
