"""The inputs of a dense layer that are not zero: found once, for loops that leave out the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.scalars import emit_scalar
from onnx2luau.backends.luau.emit.singles import of_singles
from onnx2luau.backends.luau.program import WIDTH, Site
from onnx2luau.backends.luau.syntax.arithmetic import plus, times
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Name, Number, Unary
from onnx2luau.backends.luau.tiling.tiles import lane
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.scalars import IDENTITY, Scalar, is_rectifier
from onnx2luau.compiler.ir.types import Array

_START = Number(0)

Visit = Callable[[Expression, Name], None]
"""Told the index of an input, counted from 1, and its value."""
T = TypeVar("T")
Begin = Callable[[Expression], T]
"""Told the place of a vector of inputs; what it returns is known to the visits of its lanes."""
LaneVisit = Callable[[T, int, Name], None]
"""Told that, the number of a lane, counted from 0, and its value."""


@dataclass(frozen=True)
class LiveInputs:
    """Two tables: which inputs, counted from 1, and what they are."""

    indices: Name
    values: Name


@dataclass(frozen=True)
class Constants:
    """The numbers of a dense layer, all of them known."""

    weight: Array
    """[outputs, inputs]"""
    bias: Array | None

    @property
    def outputs(self) -> int:
        """How many sums there are."""
        return len(self.weight)

    @property
    def inputs(self) -> int:
        """How many numbers each sum is made of."""
        return int(self.weight.shape[1])


def dense_constants(op: Dense, site: Site) -> Constants | None:
    """Return a layer's numbers if loops that leave zeros out are right for it; None otherwise.

    An infinite weight times a zero would be NaN. Lanes hold sums as they are, of one row.
    """
    weight, bias = site.array(op.weight), site.array(op.bias)
    if weight is None or (op.bias is not None and bias is None) or site.has_views:
        return None
    if site.has_lanes and not op.is_single:
        return None
    if site.result_in_lanes and op.activation != IDENTITY:
        return None
    return Constants(weight, bias) if np.isfinite(weight).all() else None


@dataclass(frozen=True)
class Row:
    """The inputs of one row, or in a session that is refreshed the changes of them."""

    table: Expression
    source: Expression
    """What lies before the row in the table."""
    inputs: int
    before: Scalar
    """What is done to each of them before it counts."""
    is_exact: bool
    """Whether the table holds nothing but the row."""
    in_lanes: bool
    """Whether it is a table of vectors."""
    changes: Name | None = None
    """Is nil for a whole prediction; None where sums are never kept."""


def row_of(op: Dense, f: KernelFunction, x: Name, source: Expression = _START) -> Row:
    """Return a row of the operand, whose table is `x`."""
    changes = f.changes(op.x) if op.is_single and op.before == IDENTITY else None
    table = x if changes is None else Binary("or", changes, x)
    is_exact, in_lanes = op.is_single and f.is_exact(op.x), f.in_lanes(op.x)
    before = of_singles(op.before) if in_lanes else op.before
    return Row(table, source, op.weight.shape[1], before, is_exact, in_lanes, changes)


def each_live(f: KernelFunction, row: Row, visit: Visit) -> None:
    """Write a loop that visits every input that is not zero."""
    if row.in_lanes:
        each_lane(f, row, lambda k: k, lambda k, number, v: visit(plus(times(k, WIDTH), number - 2), v))
    elif row.is_exact:
        with f.each("i", "v", row.table) as (index, value), _when_live(f, row, value) as live:
            visit(index, live)
    else:
        with f.loop("i", 1, row.inputs) as index:
            value = f.local("v", Index(row.table, plus(row.source, index)))
            with _when_live(f, row, value) as live:
                visit(index, live)


def collect(f: KernelFunction, row: Row, live: LiveInputs) -> Name:
    """List the inputs that are not zero; return how many."""
    count = f.local("count", Number(0))

    def note(index: Expression, value: Name) -> None:
        f.assign(count, Number(1), "+")
        f.assign(Index(live.indices, count), index)
        f.assign(Index(live.values, count), value)

    each_live(f, row, note)
    return count


def each_lane(f: KernelFunction, row: Row, begin: Begin[T], visit: LaneVisit[T]) -> None:
    """Write a loop over a table of vectors that visits every lane that is not zero."""
    whole, rest = divmod(row.inputs, WIDTH)
    if whole:
        with f.loop("k", 1, whole) as k:
            _lanes(f, row, k, WIDTH, begin, visit)
    if rest:
        # What fills the last vector up is no input.
        _lanes(f, row, Number(whole + 1), rest, begin, visit)


def _lanes(
    f: KernelFunction, row: Row, place: Expression, count: int, begin: Begin[T], visit: LaneVisit[T]
) -> None:
    three = f.local("s", Index(row.table, place), "vector")
    begun = begin(place)
    value: Name | None = None
    for number in range(count):
        if value is None:
            value = f.local("v", lane(three, number))
        else:
            f.assign(value, lane(three, number))
        with _when_live(f, row, value) as live:
            visit(begun, number, live)


@contextmanager
def _when_live(f: KernelFunction, row: Row, value: Name) -> Iterator[Name]:
    """Run what is emitted inside for an input that is not zero; its value as it counts is given."""
    if is_rectifier(row.before):
        # Written so that NaN goes on.
        with f.when(Unary("not", Binary("<=", value, Number(0)))):
            yield value
        return
    if row.before != IDENTITY:
        value = f.local("v", emit_scalar(f, f.constants, row.before, [value]))
    with f.when(Binary("~=", value, Number(0))):
        yield value
