"""Transpose in numpy."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.compiler.ir.ops.transpose import Transpose
from onnx2luau.compiler.ir.types import Array


@compute.register
def _(op: Transpose, read: Read) -> Array:
    return np.asarray(np.transpose(read(op.x), op.permutation))
