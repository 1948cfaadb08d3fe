"""Unrolled by row: a block of rows is written out, and one loop over the inputs feeds all of them.

Sums are kept as f64 in locals; nothing is packed and nothing is skipped.

Golden kernels: dense_rows.
"""

from __future__ import annotations

from functools import partial

from onnx2luau.backends.luau.emit.constants import ROWS
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.scalars import emit_scalar
from onnx2luau.backends.luau.emit.singles import in_range
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import plus
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Name, Number
from onnx2luau.backends.luau.tiling.batches import each_row
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.types import Array

BLOCK = 8


def match(op: Dense, site: Site) -> Match | None:
    """Each weight is one load, one multiplication and one addition; the input is loaded once a block."""
    weight = site.array(op.weight)
    if weight is None or not site.is_rows:
        return None
    each = site.each
    outputs, inputs = weight.shape
    rounds = -(-outputs // BLOCK) * inputs * (each.load + each.loop)
    cost = op.x.type.size / inputs * (rounds + outputs * inputs * (each.load + 2 * each.arithmetic))
    return Match(cost, partial(_emit, op, weight), by_element=True)


def _emit(op: Dense, weight: Array, f: KernelFunction) -> None:
    """Write a loop over whole blocks, then the rows that are left."""
    outputs, inputs = weight.shape
    x = f.read(op.x)
    rows = f.constants.packed(weight, ROWS, (outputs, inputs), f"{f.kernel_name} rows")
    bias = f.read(op.bias, "bias") if op.bias is not None else None
    whole = outputs // BLOCK * BLOCK
    for source, target in each_row(f, op.x.type.size // inputs, inputs, outputs):
        if whole > BLOCK:
            with f.loop("row", 1, whole, BLOCK) as first:
                _block(op, f, x, rows, bias, source, target, first, BLOCK)
        elif whole:
            _block(op, f, x, rows, bias, source, target, Number(1), BLOCK)
        if outputs > whole:
            _block(op, f, x, rows, bias, source, target, Number(whole + 1), outputs - whole)


def _block(
    op: Dense,
    f: KernelFunction,
    x: Name,
    rows: Name,
    bias: Name | None,
    source: Expression,
    target: Expression,
    first: Expression,
    count: int,
) -> None:
    """Emit `count` rows from row `first` on; `source` and `target` lie before the tables' elements."""
    numbers = [plus(first, offset) for offset in range(count)]
    weights = [f.local(f"w{index + 1}", Index(rows, number)) for index, number in enumerate(numbers)]
    sums = [
        f.local(f"sum{index + 1}", Index(bias, number) if bias is not None else Number(0))
        for index, number in enumerate(numbers)
    ]
    with f.loop("i", 1, op.weight.shape[1]) as i:
        value = f.local("v", emit_scalar(f, f.constants, op.before, [Index(x, plus(source, i))]))
        for total, row in zip(sums, weights, strict=True):
            f.assign(total, Binary("*", Index(row, i), value), "+")
    activation = in_range(op.activation)
    for total, number in zip(sums, numbers, strict=True):
        f.assign(f.element(plus(target, number)), emit_scalar(f, f.constants, activation, [total]))
