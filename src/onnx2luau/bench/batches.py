"""Whether a model computes several samples at once, and its graph when it does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx

from onnx2luau.backends.numpy import evaluate
from onnx2luau.bench.engines import stacked
from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from onnx2luau.proof.oracle import Oracle
from onnx2luau.samples.samples import Samples, select
from onnx2luau.source import Source

TOLERANCE = 1e-3
TRIED = 2
"""Samples that show whether a batch gives each sample its own answer."""


def takes_batches(oracle: Oracle, samples: Samples) -> bool:
    """Whether ONNX Runtime gives a batch of samples the answers it gives them one by one."""
    if not all(array.shape[1:2] == (1,) for array in samples.values()):
        return False
    try:
        together = oracle.run(stacked(samples, 0, TRIED))
    except ModelError:
        return False
    return _agree(together, _one_by_one(oracle, samples))


def batched_graphs(
    source: Source, oracle: Oracle, samples: Samples, sizes: Sequence[int]
) -> dict[int, Graph]:
    """Return the graph for each size of a batch; none if the reference then gives other answers."""
    try:
        tried = _with_batch(source, TRIED)
        graphs = {size: _with_batch(source, size) for size in sizes}
    except ModelError:
        return {}
    together = evaluate(tried, stacked(samples, 0, TRIED))
    return graphs if _agree(together, _one_by_one(oracle, samples)) else {}


def _with_batch(source: Source, size: int) -> Graph:
    model = onnx.ModelProto()
    model.CopyFrom(source.model)
    initial = {tensor.name for tensor in model.graph.initializer}
    for port in model.graph.input:
        if port.name not in initial:
            port.type.tensor_type.shape.dim[0].dim_value = size
    # What was inferred for a batch of 1 is inferred again.
    del model.graph.value_info[:]
    for port in model.graph.output:
        port.type.tensor_type.shape.dim[0].dim_param = "batch"
    return run_pipeline(import_model(model, source.name))


def _one_by_one(oracle: Oracle, samples: Samples) -> list[dict[str, Array]]:
    return [oracle.run(select(samples, index)) for index in range(TRIED)]


def _agree(together: dict[str, Array], separate: list[dict[str, Array]]) -> bool:
    return all(
        array.shape == (TRIED, *separate[0][name].shape[1:])
        and np.allclose(array, np.concatenate([each[name] for each in separate]), TOLERANCE, TOLERANCE)
        for name, array in together.items()
    )
