"""Pad in numpy."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.compiler.ir.ops.pad import Pad
from onnx2luau.compiler.ir.types import Array


@compute.register
def _(op: Pad, read: Read) -> Array:
    x = read(op.x)
    borders = list(zip(op.begins, op.ends, strict=True))
    match op.mode:
        case "reflect":
            return np.pad(x, borders, mode="reflect")
        case "edge":
            return np.pad(x, borders, mode="edge")
        case "wrap":
            return np.pad(x, borders, mode="wrap")
        case _:
            return np.pad(x, borders, constant_values=np.asarray(op.value, x.dtype))
