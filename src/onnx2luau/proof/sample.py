"""Chooses the sample that a build carries for its self-test."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.luau.weights import reduced
from onnx2luau.backends.luau.write.sample import Sample
from onnx2luau.backends.numpy import evaluate_both
from onnx2luau.compiler.agreement.tolerance import TOLERANCE, errors_of, scale_of
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.types import Array
from onnx2luau.proof.evidence import Evidence
from onnx2luau.proof.oracle import Judge
from onnx2luau.samples.samples import select

MOST_SAMPLES = 16
"""Samples after which an output's scale is known well enough."""
MARGIN = 1.5
"""How much more than the reference the generated code may be off."""


def make_sample(
    graph: Graph, oracle: Judge, evidence: Evidence, precision: str, *, refereed: bool = False
) -> Sample:
    """Return the first sample with ONNX Runtime's answers, and how far each output may be off.

    It is rounded as the weights are, so that it takes as little room as they do. With rounded weights, an
    output may be as far off as the reference is. So may it where a referee found the generated code better
    than ONNX Runtime; the sample is then the one on which roundings matter least.
    """
    index = _calmest(graph, evidence) if refereed else 0
    inputs = {name: _rounded(array, precision) for name, array in select(evidence.samples, index).items()}
    oracle.start()
    expected = oracle.run(inputs)
    scales = dict.fromkeys(expected, 1.0)
    for index in range(min(evidence.ordinary, MOST_SAMPLES)):
        answers = oracle.run(select(evidence.samples, index))
        scales = {name: max(scale, scale_of(answers[name])) for name, scale in scales.items()}
    reference = {}
    if refereed or precision != "f32":
        singles, doubles = evaluate_both(graph, inputs)
        reference = doubles if refereed else singles
    return Sample(
        tuple(inputs[port.name] for port in graph.inputs),
        tuple(expected[port.name] for port in graph.outputs),
        tuple(
            TOLERANCE.absolute * scales[port.name] + _distance(reference.get(port.name), expected[port.name])
            for port in graph.outputs
        ),
    )


def _calmest(graph: Graph, evidence: Evidence) -> int:
    """Return the index of the ordinary sample whose answers in singles and in doubles are most alike."""
    strays = []
    for index in range(min(evidence.ordinary, MOST_SAMPLES)):
        singles, doubles = evaluate_both(graph, select(evidence.samples, index))
        errors = [errors_of(np.asarray(singles[name], np.float64), doubles[name]) for name in doubles]
        strays.append(max(float(each.max(initial=0)) for each in errors))
    return int(np.argmin(strays))


def _distance(reference: Array | None, expected: Array) -> float:
    if reference is None:
        return 0.0
    errors = errors_of(np.asarray(reference, np.float64), expected.astype(np.float64))
    return MARGIN * float(errors[np.isfinite(errors)].max(initial=0))


def _rounded(array: Array, precision: str) -> Array:
    return reduced(array, precision) if array.dtype.kind == "f" else array
