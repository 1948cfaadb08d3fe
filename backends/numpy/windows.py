"""Sliding windows over the spatial axes, for Conv and Pool."""

from __future__ import annotations

import numpy as np

from onnx2luau.compiler.ir.types import Array


def windows(
    x: Array,
    kernel: tuple[int, ...],
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
) -> Array:
    """Every window of an already padded x [batch, channels, *spatial].

    Returns a view [batch, channels, *windows, *kernel].
    """
    rank = len(kernel)
    axes = tuple(range(2, 2 + rank))
    reach = tuple(d * (k - 1) + 1 for d, k in zip(dilations, kernel, strict=True))
    view = np.lib.stride_tricks.sliding_window_view(x, reach, axis=axes)
    steps = (slice(None), slice(None), *(slice(None, None, s) for s in strides))
    taps = tuple(slice(None, None, d) for d in dilations)
    return np.asarray(view[(*steps, *taps)])
