"""Writes the stream of weights as modules: base64 strings, or tables people can read."""

from __future__ import annotations

import base64
from collections.abc import Iterable

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
SPECIAL = {"nan": "0 / 0", "inf": "math.huge", "-inf": "-math.huge", "-0.0": "-0.0"}


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
        for text in _decimals(array):
            if length + len(text) + 2 > PART_CHARACTERS:
                yield part
                part, length = [], 0
            part.append(text)
            length += len(text) + 2
    if part:
        yield part


def _decimals(array: Array) -> Iterable[str]:
    """Return for each element the shortest decimal that rounds to it in its own precision."""
    return (SPECIAL.get(text, text.removesuffix(".0")) for text in map(str, array))
