"""Normalisation with trained statistics."""

from __future__ import annotations

import numpy as np

from onnx2luau.compiler.ir.builder import Builder
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.axes import axis_of
from onnx2luau.frontends.onnx.registry import onnx_op


@onnx_op("BatchNormalization")
def batch_normalization(
    b: Builder,
    x: Value,
    scale: Value,
    shift: Value,
    mean: Value,
    variance: Value,
    *,
    epsilon: float = 1e-5,
    momentum: float = 0.9,
    training_mode: bool = False,
) -> Value | tuple[Value, ...]:
    """(x - mean) / sqrt(variance + epsilon) * scale + shift over axis 1, as one scale and one shift."""
    channels = x.shape[1:2] or (1,)
    for value in (scale, shift, mean, variance):
        if value.shape != channels:
            raise ValueError(f"the statistics of {x.type} are {list(channels)}, not {value.type}")
    across = (scale.type.size, *[1] * max(x.type.rank - 2, 0))
    if training_mode:
        return _trained(b, x, (scale, shift, mean, variance), across, epsilon, momentum)
    known = [b.constant_of(value) for value in (scale, shift, mean, variance)]
    if all(array is not None for array in known):
        gain, start, middle, spread = (np.asarray(array, np.float64).reshape(across) for array in known)
        # A variance may be what has no root, and the factor beyond what a single holds: as at run time.
        with np.errstate(all="ignore"):
            factor = gain / np.sqrt(spread + epsilon)
            offset = start - middle * factor
            scales, shifts = factor.astype(np.float32), offset.astype(np.float32)
        return x * b.constant(scales, "scale") + b.constant(shifts, "shift")
    factors = b.reshape(scale / b.apply("sqrt", variance + epsilon), across)
    return (x - b.reshape(mean, across)) * factors + b.reshape(shift, across)


def _trained(
    b: Builder,
    x: Value,
    statistics: tuple[Value, Value, Value, Value],
    across: tuple[int, ...],
    epsilon: float,
    momentum: float,
) -> tuple[Value, ...]:
    """Return what x becomes by its own statistics, and the given ones moved toward those."""
    scale, shift, mean, variance = statistics
    over = [axis for axis in range(x.type.rank) if axis != 1]
    own = b.reduce("mean", x, over)
    centred = x - own
    spread = b.reduce("mean", centred * centred, over)
    moved = [
        before * momentum + b.reshape(now, before.shape) * (1 - momentum)
        for before, now in ((mean, own), (variance, spread))
    ]
    result = centred / b.apply("sqrt", spread + epsilon) * b.reshape(scale, across) + b.reshape(shift, across)
    return (result, *moved)


@onnx_op("LayerNormalization")
def layer_normalization(
    b: Builder,
    x: Value,
    scale: Value,
    shift: Value | None = None,
    *,
    axis: int = -1,
    epsilon: float = 1e-5,
    stash_type: int = 1,
) -> tuple[Value, ...]:
    """(x - mean) / sqrt(variance + epsilon) * scale + shift from `axis` on; mean and 1 / root, too."""
    if stash_type != 1:
        raise ValueError(f"statistics of type {stash_type} are not supported; only float32 (1) is")
    axes = range(axis_of(axis, x.type.rank), x.type.rank)
    # Deviations are squared, not values: the definition's difference of two large numbers loses digits.
    mean = b.reduce("mean", x, axes)
    centred = x - mean
    root = b.apply("sqrt", b.reduce("mean", centred * centred, axes) + epsilon)
    inverse = 1 / root
    result = centred / root * scale
    return (result if shift is None else result + shift), mean, inverse


@onnx_op("MeanVarianceNormalization")
def mean_variance_normalization(b: Builder, x: Value, *, axes: tuple[int, ...] = (0, 2, 3)) -> Value:
    """(x - mean) / sqrt(variance) over some axes; NaN where all numbers are equal.

    ONNX's definition adds 1e-9 to the root, and ONNX Runtime does not.
    """
    over = [axis_of(axis, x.type.rank) for axis in axes]
    centred = x - b.reduce("mean", x, over)
    return centred / b.apply("sqrt", b.reduce("mean", centred * centred, over))
