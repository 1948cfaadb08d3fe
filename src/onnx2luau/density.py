"""Counts on given samples which share of each layer's inputs is not zero: schedules are chosen by it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np

from onnx2luau.backends.numpy import evaluate
from onnx2luau.backends.numpy.scalars import compute_scalar
from onnx2luau.compiler.ir.graph import Graph, Port
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.ir.weighted import Weighted
from onnx2luau.request import Request
from onnx2luau.samples.samples import Samples, count_of, select

MOST_SAMPLES = 8
DIGITS = 2
"""Of the shares: samples of one kind should lead to the same code."""


def densities_for(request: Request, graph: Graph) -> dict[Value, float]:
    """Return what is known of a graph's layers: counted on the user's samples, or nothing."""
    return {} if request.inputs is None else measured_densities(graph, request.samples_for(graph))


def measured_densities(graph: Graph, samples: Samples) -> dict[Value, float]:
    """Return, by the result of each layer with weights, the share of what it reads that is not zero."""
    layers = [(node.result, node.op) for node in graph.nodes if isinstance(node.op, Weighted)]
    layers = [(result, op) for result, op in layers if op.x not in graph.constants]
    watched = {op.x: Port(op.x.name, op.x) for _, op in layers}
    shares: dict[Value, list[float]] = defaultdict(list)
    for index in range(min(MOST_SAMPLES, count_of(samples)) if layers else 0):
        values = evaluate(replace(graph, outputs=tuple(watched.values())), select(samples, index))
        for result, op in layers:
            read = np.asarray(compute_scalar(op.before, [values[op.x.name]]))
            shares[result].append(np.count_nonzero(read) / max(read.size, 1))
    return {value: round(float(np.mean(each)), DIGITS) for value, each in shares.items()}
