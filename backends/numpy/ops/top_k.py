"""TopK in numpy."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.compiler.ir.ops.top_k import TopK
from onnx2luau.compiler.ir.types import Array


@compute.register
def _(op: TopK, read: Read) -> tuple[Array, ...]:
    x = read(op.x)
    order = np.lexsort((_descending(x) if op.largest else x, np.isnan(x)), axis=op.axis)
    places = np.take(order, range(op.count), axis=op.axis)
    return np.take_along_axis(x, places, op.axis), places.astype(np.int64)


def _descending(x: Array) -> Array:
    # Of an integer, ~x is -x - 1, which does not overflow.
    return np.asarray(-x if x.dtype.kind == "f" else ~x)
