"""Pool in numpy."""

from __future__ import annotations

import math

import numpy as np

from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.backends.numpy.windows import windows
from onnx2luau.compiler.ir.ops.pool import LEAST, Pool
from onnx2luau.compiler.ir.types import Array


@compute.register
def _(op: Pool, read: Read) -> Array | tuple[Array, ...]:
    x = read(op.x)
    rank = x.ndim - 2
    taps = tuple(range(-rank, 0))

    def view(array: Array, border: float, beyond: float) -> Array:
        pads = [(0, 0), (0, 0), *zip(op.pads[:rank], op.pads[rank:], strict=True)]
        array = np.pad(array, pads, constant_values=border)
        overhang = [(0, 0), (0, 0), *((0, extra) for extra in op.overhang)]
        array = np.pad(array, overhang, constant_values=beyond)
        return windows(array, op.kernel, op.strides, op.dilations)

    if op.kind == "max":
        inside = view(np.ones_like(x), 0.0, 0.0).any(taps)
        seen = view(x, -np.inf, -np.inf)
        largest = np.asarray(np.where(inside, seen.max(taps), LEAST))
        if not op.with_places:
            return largest
        flat = (*largest.shape, math.prod(op.kernel))
        first = seen.reshape(flat).argmax(-1)[..., None]
        numbers = view(np.arange(x.size).reshape(x.shape), -1, -1).reshape(flat)
        places = np.take_along_axis(numbers, first, -1)[..., 0]
        return largest, np.where(inside & (largest != -np.inf), places, -1)
    counted = view(np.ones_like(x), float(op.count_pads), 0.0).sum(taps)
    return np.asarray(view(x, 0.0, 0.0).sum(taps) / np.maximum(counted, 1))
