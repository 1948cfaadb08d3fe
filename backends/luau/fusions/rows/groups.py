"""Finds nodes that work on the same rows: sums and maxima of each, and what is made with them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from onnx2luau.backends.luau.fusions import Group
from onnx2luau.backends.luau.fusions.rows.family import Family
from onnx2luau.backends.luau.program import ROWS, Layout, Rows, Segment
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.ops.reduce import Reduce
from onnx2luau.compiler.ir.ops.softmax import Softmax
from onnx2luau.compiler.ir.types import DType
from onnx2luau.compiler.ir.values import Value

MOST_NODES = 24


def row_length(node: Node) -> int:
    """Return the length of the rows that a node combines: of its last axes, whole; 0 for other nodes."""
    op = node.op
    if isinstance(op, Softmax):
        return op.x.shape[-1] if op.axis == op.x.type.rank - 1 else 0
    if isinstance(op, Reduce):
        axes = tuple(range(op.x.type.rank - len(op.axes), op.x.type.rank))
        return math.prod(op.x.shape[axis] for axis in axes) if op.axes == axes else 0
    return 0


def row_groups(graph: Graph, layouts: Mapping[Value, Layout]) -> list[Group]:
    """Return groups of nodes over common rows, each with at least one that combines them, no node in two."""
    family = Family(graph, layouts)
    taken: set[Value] = set()
    found = []
    for node in reversed(graph.nodes):
        length = row_length(node)
        if length < 2 or node.result in taken or not node.op.operands[0].type.size:
            continue
        rows = node.op.operands[0].type.size // length

        group = _around(node, family, partial(_fits, rows=rows, length=length, taken=taken, layouts=layouts))
        if group:
            found.append(group)
            taken |= {each.result for each in group}
    return found[::-1]


def _fits(node: Node, rows: int, length: int, taken: set[Value], layouts: Mapping[Value, Layout]) -> bool:
    """Whether a node is free and combines such rows, or makes all elements, or one for each row."""
    if node.result in taken:
        return False
    values = (*node.op.operands, *node.results)
    found = [layouts.get(value, ROWS) for value in node.results]
    if node.result.type.dtype is not DType.F32 or not all(isinstance(each, Rows | Segment) for each in found):
        return False
    if any(value.type.size == 0 for value in values):
        return False
    if isinstance(node.op, Pointwise):
        return node.result.type.size in (rows * length, rows)
    return row_length(node) == length and node.op.operands[0].type.size == rows * length


def _around(anchor: Node, family: Family, fits: Callable[[Node], bool]) -> Group:
    """Return the largest group with a node, whose last node alone is read by others; () if it is alone."""
    if not fits(anchor):
        return ()
    after = _reach([anchor], family.readers, fits)
    for last in sorted(after, key=lambda node: family.order[node.result], reverse=True):
        group = _closed(last, _reach([last], family.makers, fits), family)
        if anchor in group and len(group) > 1:
            return tuple(sorted(group, key=lambda node: family.order[node.result]))
    return ()


def _reach(
    start: Iterable[Node], step: Callable[[Node], Iterable[Node]], fits: Callable[[Node], bool]
) -> list[Node]:
    """Return the nodes that steps lead to, nearest first, not more than a group may have."""
    found = list(start)
    for node in found:
        found += [each for each in dict.fromkeys(step(node)) if each not in found and fits(each)]
        if len(found) > MOST_NODES:
            break
    return found[:MOST_NODES]


def _closed(last: Node, nodes: list[Node], family: Family) -> list[Node]:
    """Return those of some nodes that only others of them read, the last one aside."""
    while True:
        open_ = [
            node
            for node in nodes
            if node is not last
            and (family.is_output(node) or any(reader not in nodes for reader in family.readers(node)))
        ]
        if not open_:
            return nodes
        nodes = [node for node in nodes if node not in open_]
