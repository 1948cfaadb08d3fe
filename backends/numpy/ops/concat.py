"""Concat in numpy."""

from __future__ import annotations

import numpy as np

from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.compiler.ir.ops.concat import Concat
from onnx2luau.compiler.ir.types import Array


@compute.register
def _(op: Concat, read: Read) -> Array:
    return np.asarray(np.concatenate([read(part) for part in op.parts], op.axis))
