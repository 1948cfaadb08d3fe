"""Pointwise in numpy."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.backends.numpy.scalars import compute_scalar
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.types import Array


@compute.register
def _(op: Pointwise, read: Read) -> Array:
    result = np.asarray(compute_scalar(op.body, [read(value) for value in op.inputs]))
    return np.broadcast_to(result.astype(op.dtype.numpy), op.result_type().shape)
