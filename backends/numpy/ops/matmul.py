"""Matmul in numpy."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.compiler.ir.ops.matmul import Matmul
from onnx2luau.compiler.ir.types import Array


@compute.register
def _(op: Matmul, read: Read) -> Array:
    return np.asarray(np.matmul(read(op.a), read(op.b)))
