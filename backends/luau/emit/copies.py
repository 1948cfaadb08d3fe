"""Copies of elements from one table to another: loop nests of the ops that only move."""

from __future__ import annotations

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.nest import nest
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.syntax.nodes import Expression, Name


def copy(f: KernelFunction, extents: tuple[int, ...], target: Strided, source: Strided, table: Name) -> None:
    """Write a nest that copies elements of a table into the result."""

    def body(places: list[Expression]) -> None:
        f.assign(f.element(places[0]), places[1])

    nest(f, extents, [target, source], body, {1: table})
