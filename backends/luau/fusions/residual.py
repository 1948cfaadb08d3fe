"""A dense layer over several rows, and what is done to its sums with another tensor: a residual connection.

Golden kernels: residual.
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
from onnx2luau.backends.luau.schedules.dense.tiles import TiledDense, Values, tiled_dense
from onnx2luau.backends.luau.syntax.nodes import Expression, Index
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.scalars import IDENTITY
from onnx2luau.compiler.ir.values import Value


def groups(graph: Graph, layouts: Mapping[Value, Layout]) -> list[Group]:
    """Return each layer without an activation together with the node that alone reads it."""
    makers, uses = graph.makers(), graph.uses()
    found: list[Group] = []
    taken: set[Value] = set()
    for node in graph.nodes:
        if not isinstance(node.op, Pointwise) or len(node.op.inputs) != 2:
            continue
        for value in node.op.inputs:
            maker = makers.get(value)
            if maker is None or not isinstance(maker.op, Dense) or uses[value] != 1 or maker.result in taken:
                continue
            others = [each for each in node.op.inputs if each != value]
            is_alike = all(each.type == node.result.type for each in (value, *others))
            if is_alike and maker.op.activation == IDENTITY and not isinstance(layouts.get(value), View):
                found.append((maker, node))
                taken.add(maker.result)
                break
    return found


def match(site: Site) -> Match | None:
    """As the layer alone, where tiles are the best way for it, and a load and an operation for each sum."""
    layer, after = site.nodes
    if not site.is_rows or not isinstance(layer.op, Dense) or not isinstance(after.op, Pointwise):
        return None
    alone = replace(site, nodes=(layer,))
    tiled = tiled_dense(layer.op, alone)
    if tiled is None or cheapest(matches(alone)) != "tiles":
        return None
    cost = tiled.cost + after.result.type.size * (site.each.load + site.each.arithmetic)
    return Match(cost, partial(_emit, tiled, layer.result, after.op), "dense, pointwise")


def _emit(tiled: TiledDense, sums: Value, op: Pointwise, f: KernelFunction) -> None:
    tables = {value: f.read(value, value.name) for value in op.inputs if value != sums}

    def write(values: Values) -> None:
        for place, total in values:
            arguments: list[Expression] = [
                total if value == sums else Index(tables[value], place) for value in op.inputs
            ]
            f.assign(Index(f.result, place), emit_scalar(f, f.constants, op.body, arguments))

    tiled.emit_sums(f, write)
