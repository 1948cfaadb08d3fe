"""Writes the stream of weights as modules: base64 strings, or tables people can read."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable

import numpy as np

from onnx2luau.backends.luau.syntax.nodes import (
    Base64,
    Comment,
    Directive,
    Expression,
    NumberLines,
    Return,
    Statement,
)
from onnx2luau.backends.luau.syntax.printer import print_statements
from onnx2luau.backends.luau.weights.store import WeightStore
from onnx2luau.compiler.ir.types import Array

PART_BYTES = 12 * 11_900
"""A multiple of three bytes and of four, so that no element and no base64 group is cut."""
PART_CHARACTERS = 180_000


def encode_parts(store: WeightStore) -> list[str]:
    """Return the text of each weights module, in order."""
    if not store.arrays:
        return []
    if store.encoding == "table":
        return [_module(NumberLines(tuple(part)), "numbers") for part in _number_parts(store.arrays)]
    stream = b"".join(array.tobytes() for array in store.arrays)
    stream += bytes(-len(stream) % 3)
    parts = [stream[start : start + PART_BYTES] for start in range(0, len(stream), PART_BYTES)]
    return [_module(Base64(base64.b64encode(part).decode("ascii")), "bytes") for part in parts]


def _module(data: Expression, unit: str) -> str:
    statements: list[Statement] = [Directive("!strict"), Comment(f"Weights, written by onnx2luau: {unit}.")]
    if isinstance(data, NumberLines):
        statements.append(Directive(" stylua: ignore"))
    return print_statements([*statements, Return((data,))])


def _number_parts(arrays: Iterable[Array]) -> Iterable[list[str]]:
    part: list[str] = []
    length = 0
    for array in arrays:
        for element in array:
            text = _shortest(element)
            if length + len(text) + 2 > PART_CHARACTERS:
                yield part
                part, length = [], 0
            part.append(text)
            length += len(text) + 2
    if part:
        yield part


def _shortest(element: np.floating) -> str:
    """Return the shortest decimal that rounds to the element in its own precision."""
    value = float(element)
    if math.isnan(value):
        return "0 / 0"
    if math.isinf(value):
        return "math.huge" if value > 0 else "-math.huge"
    text = np.format_float_positional(element, unique=True, trim="-")
    scientific = np.format_float_scientific(element, unique=True, trim="-", exp_digits=1)
    return min(text, scientific, key=len)
