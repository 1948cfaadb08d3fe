"""Straight lines: a tiny layer with its weights in the code, without a loop and a table of weights.

Golden kernels: dense_lines.
"""

from __future__ import annotations

from onnx2luau.backends.luau.emit.kernel import Kernel
from onnx2luau.backends.luau.schedules.straight import (
    add_lines,
    cost_of_lines,
    finish_lines,
    is_tiny,
    read_inputs,
)
from onnx2luau.compiler.ir.ops.dense import Dense

LANES = True


def applies(op: Dense, f: Kernel) -> bool:
    """Whether a layer is tiny, and its constants are known and finite."""
    return is_tiny(op, f)


def cost(op: Dense, f: Kernel) -> float:
    """A constant and two operations for each vector of a live input."""
    return cost_of_lines(op, f.density, f.options.target)


def emit(op: Dense, f: Kernel) -> None:
    """Write a line for each product, then the activations."""
    finish_lines(op, f, add_lines(op, f, read_inputs(f, op.x), f.density))
