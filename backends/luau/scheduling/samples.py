"""Three samples at once: the first layers of a model in lanes along the batch, where that is faster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from onnx2luau.backends.luau.batching import match_samples
from onnx2luau.backends.luau.program import ROWS, SAMPLES, Kernel, Lanes, Program, Site
from onnx2luau.compiler.ir.graph import Graph, Node, Port
from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.scalars import IDENTITY
from onnx2luau.compiler.ir.weighted import Weighted


def program_of_samples(program: Program) -> Program | None:
    """Return how a model's first layers take three samples, or None if that would not be faster.

    These are layers that hand on their sums in lanes, each to the next; nothing else reads the input.
    """
    layers = _first_layers(program)
    # What they make is handed on as a table of its own.
    if len(layers) < 2 or program.layout(layers[-1].result) != ROWS:
        return None
    graph = _graph(program.graph, layers)
    layouts = dict.fromkeys(graph.values(), Lanes(SAMPLES))
    names = {
        node.result: name
        for kernel in program.kernels
        for node, name in zip(kernel.nodes, kernel.own_names, strict=True)
    }
    kernels = []
    for node in graph.nodes:
        site = Site((node,), program.target, graph.constants, layouts, {})
        match = match_samples(site)
        if match is None:
            return None
        kernels.append(Kernel(names[node.result], (node,), (), "samples", match, ()))
    own = Program(graph, program.target, tuple(kernels), layouts, {}, steps=_steps(program, layers))
    made = {node.result for node in layers}
    alone = sum(kernel.match.cost for kernel in program.kernels if kernel.last.result in made)
    # Native code of three samples has hardly a branch.
    return own if program.target == "server" or own.cost / 3 < alone else None


def _first_layers(program: Program) -> list[Node]:
    graph = program.graph
    if (
        len(graph.inputs) != 1
        or len(graph.outputs) != 1
        or graph.states
        or graph.uses()[graph.inputs[0].value] != 1
    ):
        return []
    layers: list[Node] = []
    x = graph.inputs[0].value
    for node in graph.nodes:
        if not isinstance(node.op, Weighted) or node.op.x != x:
            break
        if not layers and node.op.before != IDENTITY:
            break
        layers.append(node)
        x = node.result
        if not isinstance(program.layout(x), Lanes):
            break
    return layers


def _steps(program: Program, layers: Sequence[Node]) -> int:
    """Return how many kernels of the whole program make what the layers make; they are its first."""
    results = [kernel.last.result for kernel in program.kernels]
    return results.index(layers[-1].result) + 1


def _graph(whole: Graph, layers: Sequence[Node]) -> Graph:
    """Return a graph of the layers, in which each makes of its sums what the next one reads."""
    x = whole.inputs[0].value
    ops = [node.op for node in layers if isinstance(node.op, Weighted)]
    nodes: list[Node] = []
    for place, (node, op) in enumerate(zip(layers, ops, strict=True)):
        handed = op if place + 1 == len(ops) else op.with_activation(ops[place + 1].before)
        own: Op = handed.replaced(x=x, before=IDENTITY)
        nodes.append(replace(node, op=own))
        x = node.result
    return Graph(whole.name, whole.inputs, (Port("result", x),), tuple(nodes), whole.constants)
