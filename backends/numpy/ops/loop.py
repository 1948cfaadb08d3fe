"""Loop in numpy: the body as long as it goes on."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.numpy.bodies import run_body
from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.compiler.ir.ops.loop import Loop
from onnx2luau.compiler.ir.types import Array

MOST_ROUNDS = 10_000
"""Of a loop that a comparison ends; it may be one that never does."""


class TooManyRoundsError(RuntimeError):
    """A loop goes on for longer than anybody waits."""


@compute.register
def _(op: Loop, read: Read) -> tuple[Array, ...]:
    carried = [read(value) for value in op.carried]
    captured = [read(value) for value in op.captured]
    trips = None if op.trips is None else int(read(op.trips).item())
    goes_on = op.condition is None or bool(read(op.condition).item())
    slices: list[list[Array]] = [[] for _ in op.result_types()[len(carried) :]]
    count = 0
    while goes_on and (trips is None or count < trips):
        if op.exactly is None and count == MOST_ROUNDS:
            raise TooManyRoundsError(f"a loop has run {MOST_ROUNDS:,} times, and has not come to its end")
        first, *made = run_body(op.body, [np.array(count, np.int64), *carried, *captured])
        goes_on = bool(first.item())
        carried = made[: len(carried)]
        for each, found in zip(slices, made[len(carried) :], strict=True):
            each.append(found)
        count += 1
    types = op.result_types()[len(carried) :]
    stacked = (
        np.stack(each) if each else np.zeros(type_.shape, type_.dtype.numpy)
        for each, type_ in zip(slices, types, strict=True)
    )
    return (*carried, *stacked)
