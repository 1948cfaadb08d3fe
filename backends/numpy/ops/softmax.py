"""Softmax in numpy."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.compiler.ir.ops.softmax import Softmax
from onnx2luau.compiler.ir.types import Array


@compute.register
def _(op: Softmax, read: Read) -> Array:
    x = read(op.x)
    shifted = x - x.max(op.axis, keepdims=True, initial=-np.inf)
    total = np.exp(shifted).sum(op.axis, keepdims=True)
    return np.asarray(shifted - np.log(total) if op.log else np.exp(shifted) / total)
