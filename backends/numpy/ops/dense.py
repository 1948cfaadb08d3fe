"""Dense in numpy."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.backends.numpy.scalars import compute_scalar
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.types import Array


@compute.register
def _(op: Dense, read: Read) -> Array:
    x = compute_scalar(op.before, [read(op.x)])
    result = np.matmul(x, read(op.weight).T)
    if op.bias is not None:
        result = result + read(op.bias)
    return np.asarray(compute_scalar(op.activation, [result]))
