"""Pointwise in numpy."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.backends.numpy.scalars import compute_scalar
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.types import Array


@compute.register
def _(op: Pointwise, read: Read) -> Array:
    result = np.asarray(compute_scalar(op.body, [_plain(read(value)) for value in op.inputs]))
    return np.broadcast_to(result, op.result_type().shape)


def _plain(array: Array) -> Array:
    """Return truth values and 32-bit integers as numbers that neither saturate nor overflow.

    A fused body computes with them as if they were floats; in numpy, true plus true would be true.
    """
    return array.astype(np.int64) if array.dtype.kind in "bi" else array
