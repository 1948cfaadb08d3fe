"""One stream of numbers for a whole model; every array has an offset in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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


class WeightStore:
    """Collects arrays; equal ones are stored once."""

    def __init__(self, precision: str = "f32", encoding: str = "base64") -> None:
        self.encoding = encoding
        self.arrays: list[Array] = []
        """What is stored, in order, in little-endian types of its format."""
        self.hints: list[str] = []
        self._precision = precision
        self._known: dict[tuple[str, bytes], Entry] = {}
        self._offset = 0

    def add(self, array: Array, hint: str, *, reducible: bool) -> Entry:
        """Store an array in row-major order; a reducible one in the precision the user chose."""
        format_ = _format(array, self._precision if reducible else "f32")
        stored = array.ravel().astype({"f16": "<f2", "f32": "<f4", "f64": "<f8"}[format_])
        key = (format_, stored.tobytes())
        if key not in self._known:
            self._known[key] = Entry(format_, self._offset, stored.size, stored.nbytes)
            self._offset += stored.size if self.encoding == "table" else stored.nbytes
            self.arrays.append(stored)
            self.hints.append(hint)
        return self._known[key]


def reduced(array: Array, precision: str) -> Array:
    """Return an array as it comes back from storage in a precision."""
    if precision == "f16" and _format(array, precision) == "f16":
        return array.astype(np.float16).astype(array.dtype)
    return array


def _format(array: Array, precision: str) -> str:
    if array.dtype.kind in "iu" and array.size and np.abs(array).max() > EXACT_IN_F32:
        return "f64"
    if array.dtype.kind != "f":
        return "f32"
    # A weight that a half can't hold would become infinite: such an array stays as it is.
    if precision == "f16" and array.size and np.nanmax(np.abs(array)) > np.finfo(np.float16).max:
        return "f32"
    return precision
