"""Slice in numpy."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.compiler.ir.ops.slice import Slice
from onnx2luau.compiler.ir.types import Array


@compute.register
def _(op: Slice, read: Read) -> Array:
    picks = [
        start + step * np.arange(extent)
        for start, step, extent in zip(op.starts, op.steps, op.extents, strict=True)
    ]
    return np.asarray(read(op.x)[np.ix_(*picks)] if picks else read(op.x))
