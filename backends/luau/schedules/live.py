"""The inputs of a dense layer that are not zero: found once, for loops that leave out the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from onnx2luau.backends.luau.kernel import Kernel
from onnx2luau.backends.luau.syntax.arithmetic import plus
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Name, Number
from onnx2luau.compiler.ir.ops.dense import Dense

_START = Number(0)


@dataclass(frozen=True)
class LiveInputs:
    """Two tables: which inputs, counted from 1, and what they are."""

    indices: Name
    values: Name


def has_finite_constants(op: Dense, f: Kernel) -> bool:
    """Whether zeros may be left out: an infinite weight times a zero would be NaN."""
    weight = f.array(op.weight)
    is_finite = weight is not None and bool(np.isfinite(weight).all())
    return is_finite and (op.bias is None or f.array(op.bias) is not None)


@dataclass(frozen=True)
class Row:
    """The inputs of one row, or in a session that is refreshed the changes of them."""

    table: Expression
    source: Expression
    """What lies before the row in the table."""
    inputs: int
    is_exact: bool
    """Whether the table holds nothing but the row."""
    changes: Name | None = None
    """Is nil for a whole prediction; None where sums are never kept."""


def row_of(op: Dense, f: Kernel, x: Name, source: Expression = _START) -> Row:
    """Return a row of the operand, whose table is `x`."""
    inputs = op.weight.shape[1]
    is_only = op.x.type.size == inputs
    changes = f.changes(op.x) if is_only else None
    table = x if changes is None else Binary("or", changes, x)
    return Row(table, source, inputs, is_only and f.is_exact(op.x), changes)


@contextmanager
def each_live(f: Kernel, row: Row) -> Iterator[tuple[Name, Name]]:
    """Run what is emitted inside for every input that is not zero: its index from 1, and its value."""
    if row.is_exact:
        with f.each("i", "v", row.table) as (index, value), f.when(Binary("~=", value, Number(0))):
            yield index, value
        return
    with f.loop("i", 1, row.inputs) as index:
        value = f.local("v", Index(row.table, plus(row.source, index)))
        with f.when(Binary("~=", value, Number(0))):
            yield index, value


def collect(f: Kernel, row: Row, live: LiveInputs) -> Name:
    """List the inputs that are not zero; return how many."""
    count = f.local("count", Number(0))
    with each_live(f, row) as (index, value):
        f.assign(count, Number(1), "+")
        f.assign(Index(live.indices, count), index)
        f.assign(Index(live.values, count), value)
    return count
