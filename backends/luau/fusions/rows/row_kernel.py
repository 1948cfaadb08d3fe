"""A group of nodes over common rows: what each reads, and where that lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.nest import nest
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.fusions.rows.space import Space
from onnx2luau.backends.luau.syntax.arithmetic import plus
from onnx2luau.backends.luau.syntax.nodes import Expression, Index
from onnx2luau.compiler.ir.graph import Node
from onnx2luau.compiler.ir.ops.reduce import Reduce
from onnx2luau.compiler.ir.scalars import Apply, walk
from onnx2luau.compiler.ir.values import Value

Strides = tuple[int, ...]
Operand = tuple[Value, Value]
"""What is read, and the result of the node that reads it."""


@dataclass(frozen=True)
class RowKernel:
    """A group of nodes over a space: what each reads, and where that lies."""

    space: Space
    nodes: tuple[Node, ...]
    makers: Mapping[Value, Node]
    """The node of the group behind each value that one of them reads, views among them."""
    strides: Mapping[Operand, Strides]
    """Of each operand from outside: along the outer and the inner extents."""
    starts: Mapping[Operand, int]
    """How many elements stand before its first one in its table."""

    def is_row(self, node: Node) -> bool:
        """Whether a node makes one element for each row."""
        return isinstance(node.op, Reduce) or node.result.type.size == self.space.rows

    def weight(self, node: Node) -> int:
        """Return how many operations an element of a node takes, with those it is made of."""
        own = sum(isinstance(each, Apply) for body in node.op.bodies for each in walk(body))
        inner = (self.makers[value] for value in node.op.operands if value in self.makers)
        return own + sum(self.weight(each) for each in inner if not self.is_row(each))

    def reads_again(self, node: Node) -> bool:
        """Whether more than one of the nodes reads what a node makes."""
        return sum(any(self.makers.get(v) is node for v in each.op.operands) for each in self.nodes) > 1


@dataclass(frozen=True)
class Places:
    """Where one row of each tensor lies: layouts whose base stands before the row's first element."""

    operands: Mapping[Operand, Strided]
    result: Strided


Body = Callable[[Places], None]


def each_row(rows: RowKernel, f: KernelFunction, body: Body) -> None:
    """Write the loops over rows; the body is told where everything lies."""
    layouts: dict[tuple[Strides, int], int] = {}
    numbers = {
        key: layouts.setdefault((strides, rows.starts[key]), len(layouts))
        for key, strides in rows.strides.items()
    }
    last = rows.nodes[-1]
    target = rows.space.row_strides if rows.is_row(last) else rows.space.all_strides
    result = layouts.setdefault((target, 0), len(layouts))
    outer = len(rows.space.outer)

    def row(indices: list[Expression]) -> None:
        firsts = [f.named("first", each) for each in indices]
        own = [
            Strided(strides[outer:], 0, first) for (strides, _), first in zip(layouts, firsts, strict=True)
        ]
        body(Places({key: own[number] for key, number in numbers.items()}, own[result]))

    nest(f, rows.space.outer, [Strided(strides[:outer], start - 1) for strides, start in layouts], row)


def first_place(layout: Strided) -> Expression:
    """Return the place of a row's first element."""
    return plus(plus(layout.base, layout.start), 1)


def row_operand(f: KernelFunction, places: Places, value: Value, reader: Node) -> Expression:
    """Return the one element of a row that an operand from outside has."""
    return Index(f.read(value, value.name), first_place(places.operands[value, reader.result]))
