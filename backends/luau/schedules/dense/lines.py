"""Straight lines: a tiny layer with its weights in the code, without a loop and a table of weights.

Golden kernels: dense_lines.
"""

from __future__ import annotations

from functools import partial

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.backends.luau.tiling.live import Constants
from onnx2luau.backends.luau.tiling.straight import (
    add_lines,
    cost_of_lines,
    finish_lines,
    read_inputs,
    tiny_constants,
)
from onnx2luau.compiler.ir.ops.dense import Dense


def match(op: Dense, site: Site) -> Match | None:
    """A constant and two operations for each vector of a live input."""
    known = tiny_constants(op, site)
    if known is None:
        return None
    emit = partial(_emit, op, known, site.density)
    return Match(cost_of_lines(op, site.density, site.target), emit, by_element=True)


def _emit(op: Dense, known: Constants, density: float, f: KernelFunction) -> None:
    """Write a line for each product, then the activations."""
    finish_lines(op, f, add_lines(op, known, f, read_inputs(f, op.x), density))
