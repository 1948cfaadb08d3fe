"""Runs the bodies of ops."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar

import numpy as np

from onnx2luau.backends.numpy.evaluate import evaluate_op
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value

Watch = Callable[[Graph, Node, Mapping[Value, Array]], None]
"""Told a body, a node of it that is to be run next, and what is known by then."""
WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)


def run_body(graph: Graph, inputs: Sequence[Array]) -> list[Array]:
    """Return the outputs of a body in order; in doubles where an input is in doubles."""
    in_doubles = any(array.dtype == np.float64 for array in inputs)
    known = dict(graph.constants)
    known |= zip((port.value for port in graph.inputs), inputs, strict=True)
    watch = WATCH.get()
    for node in graph.nodes:
        if watch is not None:
            watch(graph, node, known)
        results = evaluate_op(node.op, known.__getitem__, in_doubles=in_doubles)
        known |= zip(node.results, results, strict=True)
    return [known[port.value] for port in graph.outputs]
