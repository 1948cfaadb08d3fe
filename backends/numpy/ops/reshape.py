"""Reshape in numpy."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.types import Array


@compute.register
def _(op: Reshape, read: Read) -> Array:
    return np.asarray(np.reshape(read(op.x), op.shape))
