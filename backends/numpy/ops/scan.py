"""Scan in numpy: the body for each step."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.numpy.bodies import run_body
from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.compiler.ir.ops.scan import Scan
from onnx2luau.compiler.ir.types import Array


@compute.register
def _(op: Scan, read: Read) -> tuple[Array, ...]:
    states = [read(value) for value in op.states]
    sequences = [read(value) for value in op.sequences]
    captured = [read(value) for value in op.captured]
    ways = len(sequences)
    types = op.result_types()[len(states) :]
    results = [np.zeros(type_.shape, type_.dtype.numpy) for type_ in types]
    if any(array.dtype == np.float64 for array in (*states, *sequences, *captured)):
        results = [each.astype(np.float64) if each.dtype == np.float32 else each for each in results]
    for step in range(op.rounds):
        places = [op.rounds - 1 - step if is_backward else step for is_backward in op.backward]
        slices = [sequence[place] for sequence, place in zip(sequences, places, strict=False)]
        made = run_body(op.body, [*states, *slices, *captured])
        states = made[: len(states)]
        for result, each, place in zip(results, made[len(states) :], places[ways:], strict=True):
            result[place] = each
    return (*states, *results)
