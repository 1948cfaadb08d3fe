"""RowKernel as numbers: a loop for whatever has to know the whole row before."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.scalars import LIBRARY, SPECIAL, emit_scalar
from onnx2luau.backends.luau.emit.singles import overflow_f32
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.fusions.rows.chunks import chunks
from onnx2luau.backends.luau.fusions.rows.row_kernel import (
    Places,
    RowKernel,
    each_row,
    first_place,
    row_operand,
)
from onnx2luau.backends.luau.schedules.reduce.nest import START, finished, is_better
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Name, Number
from onnx2luau.compiler.ir.graph import Node
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.ops.reduce import Reduce
from onnx2luau.compiler.ir.ops.softmax import Softmax
from onnx2luau.compiler.ir.scalars import Apply, walk
from onnx2luau.compiler.ir.values import Value

CALLS = {*LIBRARY, *SPECIAL, "sigmoid", "softplus", "pow"}
"""What is not computed twice."""
LONG = 8
"""Operations of an element from which on it is kept rather than computed again."""


def emit_numbers(rows: RowKernel, f: KernelFunction) -> None:
    """Write the loops over rows, and over the numbers of each."""
    each_row(rows, f, lambda places: _Row(rows, f, places).emit())


@dataclass
class _Row:
    """One row on its way into Luau."""

    rows: RowKernel
    f: KernelFunction
    places: Places
    single: dict[Value, Expression] = field(default_factory=dict)
    """What is known of the whole row, by the result of its node."""
    kept: dict[Value, Kept] = field(default_factory=dict)
    """Elements that were stored for the loops to come."""

    def emit(self) -> None:
        """Write what combines the row, in order, then the results."""
        last = self.rows.nodes[-1]
        for node in self.rows.nodes:
            match node.op:
                case Reduce():
                    self._reduce(node, node.op)
                case Softmax():
                    self._softmax(node, node.op)
                case Pointwise() if self.rows.is_row(node):
                    self._single(node, node.op)
        if self.rows.is_row(last):
            self.f.assign(self.f.element(first_place(self.places.result)), self.single[last.result])
        elif not isinstance(last.op, Softmax):
            self._loop([last], lambda get: self.f.assign(get.result(), get(last)), writes=True)

    def _single(self, node: Node, op: Pointwise) -> None:
        arguments = [self._row_operand(value, node) for value in op.inputs]
        value = emit_scalar(self.f, self.f.constants, op.body, arguments)
        self.single[node.result] = value if isinstance(value, Name) else self.f.local("value", value)

    def _row_operand(self, value: Value, reader: Node) -> Expression:
        maker = self.rows.makers.get(value)
        if maker is not None:
            return self.single[maker.result]
        return row_operand(self.f, self.places, value, reader)

    def _reduce(self, node: Node, op: Reduce) -> None:
        f = self.f
        is_sum = op.kind in ("sum", "mean", "prod")
        total = f.local("total" if is_sum else "best", Number(START[op.kind]))

        def step(get: _Elements) -> None:
            value = get.operand(op.x, node)
            if is_sum:
                f.assign(total, value, "*" if op.kind == "prod" else "+")
                return
            value = value if isinstance(value, Name) else f.local("v", value)
            with f.when(is_better(op.kind, value, total)):
                f.assign(total, value)

        self._loop([node], step)
        value = finished(op, f, total, self.rows.space.length)
        self.single[node.result] = value if isinstance(value, Name) else f.local("value", value)

    def _softmax(self, node: Node, op: Softmax) -> None:
        f, is_last = self.f, node is self.rows.nodes[-1]
        table = f.result if is_last else f.work_table(self.rows.space.length, "powers")
        layout = self.places.result if is_last else self.own_layout()
        largest = f.local("largest", Number(-math.inf))
        kept = Kept(table, layout)

        def find(get: _Elements) -> None:
            value = get.operand(op.x, node)
            value = value if isinstance(value, Name) else f.local("v", value)
            f.assign(get.at(kept), value)
            with f.when(Binary(">", value, largest)):
                f.assign(largest, value)

        self._loop([node], find, keeps=[kept])
        total = f.local("total", Number(0))

        def add(get: _Elements) -> None:
            power: Expression = call("math.exp", Binary("-", get.at(kept), largest))
            if not op.log:
                power_name = f.local("power", power)
                f.assign(get.at(kept), power_name)
                power = power_name
            f.assign(total, power, "+")

        self._loop([], add, keeps=[kept])
        if op.log:
            logarithm = f.local("logarithm", call("math.log", total))

        def value_of(stored: Expression) -> Expression:
            if not op.log:
                return Binary("/", stored, total)
            # Added to the largest number first, the logarithm would be lost where that is large.
            return overflow_f32(f.constants, Binary("-", Binary("-", stored, largest), logarithm))

        if is_last:
            self._loop([], lambda get: f.assign(get.at(kept), value_of(get.at(kept))), keeps=[kept])
        else:
            self.kept[node.result] = Kept(table, layout, value_of)

    def own_layout(self) -> Strided:
        """Return where the elements lie in a table of one row."""
        inner = self.rows.space.all_strides[len(self.rows.space.outer) :]
        return Strided(inner, 0)

    def _loop(
        self,
        reads: Sequence[Node],
        step: Callable[[_Elements], None],
        *,
        writes: bool = False,
        keeps: Sequence[Kept] = (),
    ) -> None:
        """Write a loop over the elements of the row; `reads` are the nodes whose elements it asks for."""
        needs = _Needs(self)
        for node in reads:
            if isinstance(node.op, Pointwise):
                needs.node(node)
            else:
                needs.operand(node.op.operands[0], node)
        written = [self.places.result] if writes else []
        layouts = [*dict.fromkeys((*needs.layouts, *(kept.layout for kept in keeps), *written))]

        def element(indices: list[Expression]) -> None:
            step(_Elements(self, dict(zip(layouts, indices, strict=True)), needs.to_keep))

        weight = sum(self.rows.weight(node) for node in reads)
        chunks(self.f, self.rows.space.inner, layouts, weight, element)
        self.kept |= needs.to_keep


@dataclass(frozen=True)
class Kept:
    """Elements of a row in a table."""

    table: Name
    layout: Strided
    value_of: Callable[[Expression], Expression] = lambda stored: stored
    """What one counts as."""


@dataclass
class _Needs:
    """What a loop reads, found before it is written."""

    row: _Row
    layouts: list[Strided] = field(default_factory=list)
    to_keep: dict[Value, Kept] = field(default_factory=dict)
    """What it stores for loops to come."""

    def node(self, node: Node) -> None:
        """Add what an element of a node is made of."""
        row = self.row
        if node.result in row.kept or node.result in self.to_keep:
            self.layouts.append((row.kept | self.to_keep)[node.result].layout)
            return
        if row.rows.is_row(node):
            return
        for value in node.op.operands:
            self.operand(value, node)
        if _is_costly(node) and row.rows.reads_again(node):
            kept = Kept(row.f.work_table(row.rows.space.length, "kept"), row.own_layout())
            self.to_keep[node.result] = kept
            self.layouts.append(kept.layout)

    def operand(self, value: Value, reader: Node) -> None:
        """Add an operand of a node."""
        maker = self.row.rows.makers.get(value)
        if maker is not None:
            self.node(maker)
        elif value.type.size:
            self.layouts.append(self.row.places.operands[value, reader.result])


def _is_costly(node: Node) -> bool:
    inner = [each for body in node.op.bodies for each in walk(body) if isinstance(each, Apply)]
    return len(inner) > LONG or any(each.function in CALLS for each in inner)


@dataclass
class _Elements:
    """The elements at one place of a row."""

    row: _Row
    places: Mapping[Strided, Expression]
    to_keep: Mapping[Value, Kept]
    made: dict[Value, Expression] = field(default_factory=dict)

    def at(self, kept: Kept) -> Expression:
        """Return the stored element."""
        return Index(kept.table, self.places[kept.layout])

    def result(self) -> Expression:
        """Return the place of the result."""
        return self.row.f.element(self.places[self.row.places.result])

    def __call__(self, node: Node) -> Expression:
        """Return an element of what a node makes."""
        row = self.row
        if node.result in row.single:
            return row.single[node.result]
        if node.result in row.kept:
            kept = row.kept[node.result]
            return kept.value_of(self.at(kept))
        if node.result not in self.made:
            self.made[node.result] = self._fresh(node)
        return self.made[node.result]

    def _fresh(self, node: Node) -> Expression:
        f = self.row.f
        (body,) = node.op.bodies
        arguments = [self.operand(value, node) for value in node.op.operands]
        value = emit_scalar(f, f.constants, body, arguments)
        is_shared = node.result in self.to_keep or self.row.rows.reads_again(node)
        if is_shared and not isinstance(value, Name):
            value = f.local("v", value)
        if node.result in self.to_keep:
            f.assign(self.at(self.to_keep[node.result]), value)
        return value

    def operand(self, value: Value, reader: Node) -> Expression:
        """Return an element of an operand."""
        maker = self.row.rows.makers.get(value)
        if maker is not None:
            return self(maker)
        table = self.row.f.read(value, value.name)
        return Index(table, self.places[self.row.places.operands[value, reader.result]])
