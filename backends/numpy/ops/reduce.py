"""Reduce in numpy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.compiler.ir.ops.reduce import Reduce
from onnx2luau.compiler.ir.types import Array, DType

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sum": np.sum,
    "mean": np.mean,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
}


@compute.register
def _(op: Reduce, read: Read) -> Array:
    x = read(op.x)
    if not op.axes:
        return x
    if op.x.type.dtype is DType.I32 and op.kind in ("sum", "prod", "mean"):
        # As in ONNX Runtime, the result is worked out exactly and then brought into range.
        exact = np.trunc(_FUNCTIONS[op.kind](x.astype(np.float64), axis=op.axes, keepdims=True))
        return np.asarray(np.clip(exact, -(2**31), 2**31 - 1).astype(x.dtype))
    return np.asarray(_FUNCTIONS[op.kind](x, axis=op.axes, keepdims=True)).astype(x.dtype)
