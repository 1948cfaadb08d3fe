"""Which dense layers some schedules are not for: the tests of all schedules leave these out."""

from __future__ import annotations

import math
from dataclasses import dataclass

from onnx2luau.backends.luau.program import WIDTH
from onnx2luau.backends.luau.schedules.dense.unrolled import MOST_FUNCTIONS, MOST_VECTORS
from onnx2luau.backends.luau.schedules.dense.vector_rows import MOST_OUTPUTS
from onnx2luau.backends.luau.tiling.straight import WIDEST


@dataclass(frozen=True)
class Limits:
    """The largest layers that a schedule is for."""

    outputs: float = math.inf
    inputs: float = math.inf
    rows: float = math.inf


LIMITS = {
    "lines": Limits(WIDEST, WIDEST, rows=1),
    "unrolled": Limits(MOST_FUNCTIONS * MOST_VECTORS * WIDTH),
    "vector_rows": Limits(MOST_OUTPUTS),
}


def takes(schedule: str, outputs: int, inputs: int, rows: int = 1) -> bool:
    """Return whether a schedule is for a layer of this size."""
    most = LIMITS.get(schedule, Limits())
    return outputs <= most.outputs and inputs <= most.inputs and rows <= most.rows
