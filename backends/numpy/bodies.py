"""Runs the bodies of ops."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from onnx2luau.backends.numpy.evaluate import evaluate_op
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.types import Array


def run_body(graph: Graph, inputs: Sequence[Array]) -> list[Array]:
    """Return the outputs of a body in order; in doubles where an input is in doubles."""
    in_doubles = any(array.dtype == np.float64 for array in inputs)
    known = dict(graph.constants)
    known |= zip((port.value for port in graph.inputs), inputs, strict=True)
    for node in graph.nodes:
        results = evaluate_op(node.op, known.__getitem__, in_doubles=in_doubles)
        known |= zip(node.results, results, strict=True)
    return [known[port.value] for port in graph.outputs]
