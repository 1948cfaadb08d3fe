"""Sparse columns: the loop runs over the inputs that are not zero, four of them a pass over the sums.

Weights are packed three outputs a vector, so one multiplication and one addition serve three weights. Lanes
are f32, so sums round as ONNX Runtime's do. The inputs that are not zero are collected first; that list is
filled up with zeros to a multiple of four.
"""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.luau.constants import COLUMNS, VECTORS
from onnx2luau.backends.luau.instruction_costs import COSTS, LIVE
from onnx2luau.backends.luau.kernel import Kernel
from onnx2luau.backends.luau.scalars import emit_scalar
from onnx2luau.backends.luau.schedules.batches import each_row
from onnx2luau.backends.luau.syntax.arithmetic import plus, times
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Field, Index, Name, Number
from onnx2luau.backends.luau.workspace import TABLES, VECTOR_TABLE
from onnx2luau.compiler.ir.ops.dense import Dense

TOGETHER = 4
LANES = "xyz"
WIDTH = len(LANES)


def applies(op: Dense, f: Kernel) -> bool:
    """Whether all weights are finite: an infinite one times a skipped zero would be NaN."""
    weight = f.array(op.weight)
    return weight is not None and bool(np.isfinite(weight).all()) and _bias_is_constant(op, f)


def cost(op: Dense, target: str) -> float:
    """A vector of a live column is a load and two operations; the sums are read and written once a pass."""
    each = COSTS[target]
    outputs, inputs = op.weight.shape
    vectors = -(-outputs // WIDTH)
    a_pass = vectors * (2 * each.load + each.loop + TOGETHER * (each.load + 2 * each.arithmetic))
    collecting = inputs * (each.load + each.test + each.loop) + LIVE * inputs * 2 * each.load
    finishing = vectors * (each.load * 2 + each.loop + WIDTH * (each.load + 2 * each.arithmetic))
    return op.x.type.size / inputs * (collecting + LIVE * inputs / TOGETHER * a_pass + finishing)


def emit(op: Dense, f: Kernel) -> None:
    """Write the three loops: collect, accumulate, finish."""
    weight = f.array(op.weight)
    assert weight is not None  # noqa: S101 - applies() said so
    outputs, inputs = weight.shape
    vectors = -(-outputs // WIDTH)
    x = f.read(op.x)
    name = f.kernel_name
    columns = f.constants.packed(np.asarray(weight.T), COLUMNS, (inputs, outputs), f"{name} columns")
    sums = f.scratch(vectors, "sums", VECTOR_TABLE)
    live = f.scratch(inputs + TOGETHER - 1, "live", TABLES)
    values = f.scratch(inputs + TOGETHER - 1, "values")
    for source, target in each_row(f, op.x.type.size // inputs, inputs, outputs):
        _start(op, f, sums, vectors)
        count = _collect(f, x, source, columns, live, values, inputs)
        _accumulate(f, sums, live, values, count, vectors)
        _finish(op, f, sums, target, outputs)


def _bias_is_constant(op: Dense, f: Kernel) -> bool:
    return op.bias is None or f.array(op.bias) is not None


def _start(op: Dense, f: Kernel, sums: Name, vectors: int) -> None:
    """Set the sums to the bias."""
    value: Expression = Name("vector.zero")
    with f.loop("k", 1, vectors) as k:
        if op.bias is not None:
            array = f.array(op.bias)
            assert array is not None  # noqa: S101 - applies() said so
            value = Index(f.constants.packed(array, VECTORS, (array.size,), f"{f.kernel_name} bias"), k)
        f.assign(Index(sums, k), value)


def _collect(
    f: Kernel, x: Name, source: Expression, columns: Name, live: Name, values: Name, inputs: int
) -> Name:
    """List the columns of the inputs that are not zero, and these inputs; return how many."""
    count = f.local("count", Number(0))
    with f.loop("i", 1, inputs) as i:
        value = f.local("v", Index(x, plus(source, i)))
        with f.when(Binary("~=", value, Number(0))):
            f.assign(count, Number(1), "+")
            f.assign(Index(live, count), Index(columns, i))
            f.assign(Index(values, count), value)
    with f.loop("rest", plus(count, 1), plus(count, TOGETHER - 1)) as rest:
        f.assign(Index(live, rest), Index(columns, Number(1)))
        f.assign(Index(values, rest), Number(0))
    return count


def _accumulate(f: Kernel, sums: Name, live: Name, values: Name, count: Name, vectors: int) -> None:
    with f.loop("first", 1, count, TOGETHER) as first:
        places = [plus(first, offset) for offset in range(TOGETHER)]
        chosen = f.locals("c", [Index(live, place) for place in places])
        factors = f.locals("v", [Index(values, place) for place in places])
        with f.loop("k", 1, vectors) as k:
            # Without its type, a vector is handled four times slower in native code.
            parts = [f.local("w", Index(column, k), "vector") for column in chosen]
            total: Expression = f.local("sum", Index(sums, k), "vector")
            for part, factor in zip(parts, factors, strict=True):
                total = Binary("+", total, Binary("*", part, factor))
            f.assign(Index(sums, k), total)


def _finish(op: Dense, f: Kernel, sums: Name, target: Expression, outputs: int) -> None:
    """Apply the activation and write the lanes out."""
    whole = outputs // WIDTH
    if whole == 1:
        _lanes(op, f, f.local("sum", Index(sums, Number(1)), "vector"), target, WIDTH)
    elif whole:
        with f.loop("k", 1, whole) as k:
            total = f.local("sum", Index(sums, k), "vector")
            first = f.local("first", plus(plus(target, times(k, WIDTH)), -WIDTH))
            _lanes(op, f, total, first, WIDTH)
    if outputs % WIDTH:
        total = f.local("sum", Index(sums, Number(whole + 1)), "vector")
        _lanes(op, f, total, plus(target, whole * WIDTH), outputs % WIDTH)


def _lanes(op: Dense, f: Kernel, total: Name, before: Expression, count: int) -> None:
    for lane in range(count):
        value = emit_scalar(f, f.constants, op.activation, [Field(total, LANES[lane])])
        f.assign(Index(f.result, plus(before, lane + 1)), value)
