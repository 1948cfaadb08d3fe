"""Normalisation with trained statistics."""

from __future__ import annotations

import numpy as np

from onnx2luau.compiler.ir.builder import Builder
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.registry import onnx_op


@onnx_op("BatchNormalization")
def batch_normalization(
    b: Builder,
    x: Value,
    scale: Array,
    shift: Array,
    mean: Array,
    variance: Array,
    *,
    epsilon: float = 1e-5,
    momentum: float = 0.9,
    training_mode: int = 0,
) -> Value:
    """(x - mean) / sqrt(variance + epsilon) * scale + shift over axis 1, as one scale and one shift."""
    if training_mode:
        raise ValueError("training mode is not supported; export the model for inference")
    del momentum  # it only moves the statistics while training
    factor = scale.astype(np.float64) / np.sqrt(variance.astype(np.float64) + epsilon)
    offset = shift.astype(np.float64) - mean.astype(np.float64) * factor
    across = (-1, *[1] * max(x.type.rank - 2, 0))
    factors = b.constant(factor.astype(np.float32).reshape(across), "scale")
    offsets = b.constant(offset.astype(np.float32).reshape(across), "shift")
    return x * factors + offsets
