"""Three samples at once: every vector holds one number of each of them.

A weight is then a plain number in the code, and one multiplication and one addition serve three samples. Luau
multiplies by a constant in one instruction if it is among the first 256 of a function, so a function computes
no more outputs than that allows.

Golden kernels: samples.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial

import numpy as np

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.scalars import emit_scalar
from onnx2luau.backends.luau.emit.singles import of_singles
from onnx2luau.backends.luau.plan.workspace import LANES, VECTOR_TABLE
from onnx2luau.backends.luau.program import WIDTH, Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import (
    Binary,
    Call,
    Expression,
    Field,
    Index,
    Name,
    Number,
    Parameter,
)
from onnx2luau.backends.luau.tiling.live import Constants
from onnx2luau.backends.luau.tiling.straight import WIDEST, literal
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.scalars import IDENTITY, Scalar, is_rectifier

MOST_NUMBERS = 230
"""Constants of a function that leave some room below 256."""


def match(op: Dense, site: Site) -> Match | None:
    """Each weight is two operations, for all three samples."""
    weight, bias = site.array(op.weight), site.array(op.bias)
    if not op.is_single or op.before != IDENTITY:
        return None
    if weight is None or (op.bias is not None and bias is None) or max(weight.shape) > WIDEST:
        return None
    cost = weight.size * 2 * site.each.arithmetic + weight.shape[1] * site.each.load
    return Match(cost, partial(_emit, op, Constants(weight, bias)))


def _emit(op: Dense, known: Constants, f: KernelFunction) -> None:
    """Write functions with some of the outputs each, and call them in turn."""
    x = f.read(op.x)
    size = max(1, MOST_NUMBERS // (known.inputs + 1))
    parameters = [Parameter(x.text, VECTOR_TABLE), Parameter(f.result.text, VECTOR_TABLE)]
    for start in range(0, known.outputs, size):
        with f.part(f"from {start + 1}", parameters) as part:
            _outputs(op, known, f, x, range(start, min(start + size, known.outputs)))
        f.do(Call(part, (x, f.result)))


def _outputs(op: Dense, known: Constants, f: KernelFunction, x: Name, rows: range) -> None:
    bias = np.zeros(known.outputs, np.float32) if known.bias is None else known.bias
    sums = [
        f.local("a", call("vector.create", *[literal(float(bias[row]))] * WIDTH), "vector") for row in rows
    ]
    value: Name | None = None
    for index in range(known.inputs):
        source = Index(x, Number(index + 1))
        if value is None:
            value = f.local("v", source, "vector")
        else:
            f.assign(value, source)
        for row, total in zip(rows, sums, strict=True):
            f.assign(total, Binary("*", value, literal(float(known.weight[row, index]))), "+")
    is_plain = op.activation == IDENTITY or is_rectifier(op.activation)
    for row, total in zip(rows, sums, strict=True):
        with nullcontext() if is_plain else f.scope():
            f.assign(Index(f.result, Number(row + 1)), _applied(f, op.activation, total))


def _applied(f: KernelFunction, body: Scalar, total: Name) -> Expression:
    """Return a vector of what a scalar function makes of each lane."""
    if body == IDENTITY:
        return total
    if is_rectifier(body):
        # Of NaN and a number, interpreted code takes the first, native code the second: NaN passes both.
        return call("vector.max", call("vector.max", total, Name("vector.zero")), total)
    body = of_singles(body)
    return call("vector.create", *(emit_scalar(f, f.constants, body, [Field(total, each)]) for each in LANES))
