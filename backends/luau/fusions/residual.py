"""What one node makes, and what is done to each element of it with other tensors: residual connections.

Whichever way is the fastest for the first node, as long as that stores each element once.

Golden kernels: residual, residual_conv.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.scalars import emit_scalar
from onnx2luau.backends.luau.fusions import Group
from onnx2luau.backends.luau.program import Layout, Match, Site, View
from onnx2luau.backends.luau.schedules import cheapest, matches
from onnx2luau.backends.luau.syntax.arithmetic import plus
from onnx2luau.backends.luau.syntax.nodes import Expression, Index
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops import op_name
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.types import strides
from onnx2luau.compiler.ir.values import Value


def groups(graph: Graph, layouts: Mapping[Value, Layout]) -> list[Group]:
    """Return each node together with the arithmetic that alone reads its result, with others of the shape."""
    makers, uses = graph.makers(), graph.uses()
    found: list[Group] = []
    taken: set[Value] = set()
    for node in graph.nodes:
        if not isinstance(node.op, Pointwise) or len(node.op.inputs) < 2:
            continue
        if any(value.type != node.result.type for value in node.op.inputs):
            continue
        for value in node.op.inputs:
            maker = makers.get(value)
            if maker is None or isinstance(maker.op, Pointwise) or value in taken or uses[value] != 1:
                continue
            if len(maker.results) == 1 and not maker.op.graphs and not isinstance(layouts.get(value), View):
                found.append((maker, node))
                taken |= {value, node.result}
                break
    return found


def match(site: Site) -> Match | None:
    """As the first node alone, and a load and an operation for each element."""
    first, after = site.nodes
    alone = matches(replace(site, nodes=(first,)))
    is_found = all(not site.is_strided(each) or _is_stretch(site, each) for each in after.op.operands)
    if not site.is_flat or not is_found or not isinstance(after.op, Pointwise) or not alone:
        return None
    way = cheapest(alone)
    best = alone[way]
    if not best.stores_once:
        return None
    others = len(after.op.inputs) - 1
    cost = best.cost + after.result.type.size * (others * site.each.load + site.each.arithmetic)
    title = f"{op_name(first.op)} ({way}), pointwise"
    emit = partial(_emit, best, first, after.op)
    return Match(cost, emit, title, by_element=True)


def _is_stretch(site: Site, value: Value) -> bool:
    """Whether a tensor's elements follow each other in its table."""
    return site.place(value)[0] == strides(value.shape)


def _emit(best: Match, first: Node, op: Pointwise, f: KernelFunction) -> None:
    tables = {value: f.read(value, value.name) for value in op.inputs if value != first.result}
    starts = {value: f.strided(value).start for value in tables}

    def finish(place: Expression, made: Expression) -> Expression:
        arguments = [
            made if value == first.result else Index(tables[value], plus(place, starts[value]))
            for value in op.inputs
        ]
        return emit_scalar(f, f.constants, op.body, arguments)

    f.finish = finish
    best.emit(f)
