"""Conv in numpy."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.backends.numpy.scalars import compute_scalar
from onnx2luau.backends.numpy.windows import windows
from onnx2luau.compiler.ir.ops.conv import Conv
from onnx2luau.compiler.ir.types import Array


@compute.register
def _(op: Conv, read: Read) -> Array:
    x, weight = read(op.x), read(op.weight)
    rank = x.ndim - 2
    borders = [(0, 0), (0, 0), *zip(op.pads[:rank], op.pads[rank:], strict=True)]
    view = windows(np.pad(x, borders), weight.shape[2:], op.strides, op.dilations)
    results = []
    for part, kernel in zip(np.split(view, op.groups, 1), np.split(weight, op.groups, 0), strict=True):
        # [batch, channels, *windows, *kernel] with [outputs, channels, *kernel] -> [batch, *windows, outputs]
        taps = list(range(2 + rank, 2 + 2 * rank))
        product = np.tensordot(part, kernel, axes=([1, *taps], [1, *range(2, 2 + rank)]))
        results.append(np.moveaxis(product, -1, 1))
    result = np.concatenate(results, 1)
    if op.bias is not None:
        result = result + read(op.bias).reshape(-1, *[1] * rank)
    return np.asarray(compute_scalar(op.activation, [result]))
