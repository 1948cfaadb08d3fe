"""Chooses the sample that a build carries for its self-test."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.luau.sample import Sample
from onnx2luau.backends.luau.weights import reduced
from onnx2luau.backends.numpy import evaluate
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.oracle import Oracle
from onnx2luau.compiler.samples import Samples, select

MARGIN = 1.5
"""How much more than the reference the generated code may be off where weights are rounded."""


def make_sample(graph: Graph, oracle: Oracle, samples: Samples, precision: str) -> Sample:
    """Return the first sample with ONNX Runtime's answers, and what rounded weights add to the tolerance.

    It is rounded as the weights are, so that it takes as little room as they do.
    """
    inputs = {name: _rounded(array, precision) for name, array in select(samples, 0).items()}
    expected = oracle.run(inputs)
    slack = 0.0
    if precision != "f32":
        reference = evaluate(graph, inputs)
        errors = [np.abs(reference[port.name] - expected[port.name]).max(initial=0) for port in graph.outputs]
        slack = MARGIN * float(np.nan_to_num(max(errors)))
    return Sample(
        tuple(inputs[port.name] for port in graph.inputs),
        tuple(expected[port.name] for port in graph.outputs),
        slack,
    )


def _rounded(array: Array, precision: str) -> Array:
    return reduced(array, precision) if array.dtype.kind == "f" else array
