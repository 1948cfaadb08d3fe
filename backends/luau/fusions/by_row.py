"""Nodes that combine rows and map their elements, as one kernel: normalisations, softmax with scale and mask.

Nothing lies between the nodes but a few numbers for each row; what is cheap is computed again in each loop
over a row rather than stored.

Golden kernels: by_row.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.fusions import Group
from onnx2luau.backends.luau.fusions.rows.groups import row_groups, row_length
from onnx2luau.backends.luau.fusions.rows.lanes import emit_lanes, fits_lanes
from onnx2luau.backends.luau.fusions.rows.numbers import emit_numbers
from onnx2luau.backends.luau.fusions.rows.row_kernel import Operand, RowKernel
from onnx2luau.backends.luau.fusions.rows.space import Shape, Space, space_of
from onnx2luau.backends.luau.program import Layout, Match, Site
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops import op_name
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.ops.softmax import Softmax
from onnx2luau.compiler.ir.values import Value


def groups(graph: Graph, layouts: Mapping[Value, Layout]) -> list[Group]:
    """Return nodes over common rows."""
    return row_groups(graph, layouts)


def match(site: Site) -> Match | None:
    """Each loop goes through the row once, which is as long as that of the first node that combines one."""
    combined = next(node for node in site.nodes if row_length(node))
    length = row_length(combined)
    rows = combined.op.operands[0].type.size // length
    space = space_of(rows, length, [shape for node in site.nodes for shape in _shapes(node)])
    if space is None or site.has_lanes:
        return None
    group = _rows(space, site)
    if group is None:
        return None
    last = site.nodes[-1]
    loops = sum(1 if row_length(node) else 0 for node in site.nodes) + (0 if group.is_row(last) else 1)
    kinds = ", ".join(dict.fromkeys(op_name(node.op) for node in site.nodes))
    cost = site.elements(rows * length * loops, 1, 2)
    title = f"{kinds} of rows of {length}"
    if fits_lanes(group, site):
        return Match(cost, partial(emit_lanes, group, site), title, by_element=True)
    # A softmax at the end has its powers in the result's table before they are final.
    by_element = not isinstance(last.op, Softmax)
    return Match(cost, partial(emit_numbers, group), title, by_element=by_element)


def _shapes(node: Node) -> list[Shape]:
    """Return the shapes that the axes of a node's operands are to be compared with."""
    return [node.result.shape] if isinstance(node.op, Pointwise) else [node.op.operands[0].shape]


def _rows(space: Space, site: Site) -> RowKernel | None:
    """Return where everything lies that the nodes read, or None if they don't work on the same rows."""
    made = {node.result: node for node in site.nodes}
    makers: dict[Value, Node] = {}
    strides: dict[Operand, Shape] = {}
    starts: dict[Operand, int] = {}
    for node in site.nodes:
        (shape,) = _shapes(node)
        for value in node.op.operands:
            place = Strided(*site.place(value))
            own = space.strides_of(place.broadcast(value.shape, shape).strides, shape)
            maker = made.get(site.root(value))
            if own is None:
                return None
            if maker is None:
                strides[value, node.result], starts[value, node.result] = own, place.start
                continue
            is_row = maker.result.type.size == space.rows
            if own != (space.row_strides if is_row else space.all_strides):
                return None
            makers[value] = maker
    return RowKernel(space, site.nodes, makers, strides, starts)
