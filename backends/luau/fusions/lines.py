"""Tiny dense layers in a row: straight lines from the first inputs to the last results.

The sums go from layer to layer in locals. Native code is faster with a function for each layer.

Golden kernels: chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.fusions import Group
from onnx2luau.backends.luau.program import WIDTH, Lanes, Layout, Match, Site
from onnx2luau.backends.luau.syntax.nodes import Name
from onnx2luau.backends.luau.tiling.live import Constants
from onnx2luau.backends.luau.tiling.straight import (
    WIDEST,
    add_lines,
    cost_of_lines,
    finish_lines,
    lanes_of,
    read_inputs,
    tiny_constants,
)
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.values import Value

MOST_LOCALS = 66
"""Of the 200 of a function, for inputs and sums; the rest is for what is done to them."""
MOST_WEIGHTS = 4096
"""Weights of a kernel, which stand in the code: about 75,000 characters."""

Layer = tuple[Dense, Constants, float]
"""A layer, its numbers, and the share of its inputs that is expected not to be zero."""


def groups(graph: Graph, layouts: Mapping[Value, Layout]) -> list[Group]:
    """Return the stretches of at least two tiny layers that hand on their sums in lanes."""
    chains: dict[Value, list[Node]] = {}
    for node in graph.nodes:
        if not isinstance(node.op, Dense) or max(node.op.weight.shape) > WIDEST:
            continue
        x = node.op.x
        before = chains.get(x, []) if isinstance(layouts.get(x), Lanes) else []
        if before and _locals([*before, node]) <= MOST_LOCALS:
            chains[node.result] = [*chains.pop(x), node]
        else:
            chains[node.result] = [node]
    return [tuple(chain) for chain in chains.values() if len(chain) > 1]


def match(site: Site) -> Match | None:
    """Each layer costs what its lines do, but for storing what lies between two of them."""
    layers = [_layer(node, site) for node in site.nodes]
    known = [layer for layer in layers if layer is not None]
    weights = sum(op.weight.type.size for op, _, _ in known)
    if site.target != "client" or len(known) < len(layers) or weights > MOST_WEIGHTS:
        return None
    cost = sum(cost_of_lines(op, density, site.target) for op, _, density in known)
    between = sum(node.result.type.size for node in site.nodes[:-1])
    cost -= between * 2 * site.each.load
    widths = [known[0][1].inputs, *(own.outputs for _, own, _ in known)]
    return Match(cost, partial(_emit, known), f"dense {'-'.join(map(str, widths))}", by_element=True)


def _layer(node: Node, site: Site) -> Layer | None:
    known = tiny_constants(node.op, site) if isinstance(node.op, Dense) else None
    return (node.op, known, site.density_of(node.result)) if isinstance(node.op, Dense) and known else None


def _locals(chain: Sequence[Node]) -> int:
    """Return how many locals a chain takes: its inputs, the sums of each layer, and one that reads them."""
    inputs = chain[0].op.operands[0].type.size
    return inputs + sum(-(-node.result.type.size // WIDTH) + 1 for node in chain)


def _emit(layers: Sequence[Layer], f: KernelFunction) -> None:
    values = read_inputs(f, layers[0][0].x)
    sums: list[Name] = []
    for op, known, density in layers:
        f.comment(f"{known.inputs} to {known.outputs}: a vector holds three outputs.")
        sums = add_lines(op, known, f, values, density)
        values = lanes_of(sums, known.outputs)
    finish_lines(layers[-1][0], f, sums)
