"""Expand in numpy."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.compiler.ir.ops.expand import Expand
from onnx2luau.compiler.ir.types import Array


@compute.register
def _(op: Expand, read: Read) -> Array:
    return np.asarray(np.broadcast_to(read(op.x), op.shape))
