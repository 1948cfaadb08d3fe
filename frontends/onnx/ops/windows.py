"""Convolution and pooling: ONNX's many ways to say where the windows lie, made explicit."""

from __future__ import annotations

import math
from dataclasses import replace

from onnx2luau.compiler.ir.builder import Builder
from onnx2luau.compiler.ir.ops.conv import Conv
from onnx2luau.compiler.ir.ops.pool import Pool
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.registry import onnx_op

Axes = tuple[int, ...]


@onnx_op("Conv")
def conv(
    b: Builder,
    x: Value,
    weight: Value,
    bias: Value | None = None,
    *,
    auto_pad: str = "NOTSET",
    dilations: Axes = (),
    group: int = 1,
    kernel_shape: Axes = (),
    pads: Axes = (),
    strides: Axes = (),
) -> Value:
    """Cross-correlation over any number of spatial axes, in groups."""
    if kernel_shape and kernel_shape != weight.shape[2:]:
        raise ValueError(f"kernel_shape {list(kernel_shape)} is not that of the weight {weight.type}")
    rank = x.type.rank - 2
    strides, dilations = strides or (1,) * rank, dilations or (1,) * rank
    pads = _pads(auto_pad, pads, x.shape[2:], weight.shape[2:], strides, dilations)
    return b.add(Conv(x, weight, bias, strides, pads, dilations, group))


@onnx_op("MaxPool")
def max_pool(
    b: Builder,
    x: Value,
    *,
    kernel_shape: Axes,
    auto_pad: str = "NOTSET",
    ceil_mode: bool = False,
    dilations: Axes = (),
    pads: Axes = (),
    storage_order: bool = False,
    strides: Axes = (),
) -> tuple[Value, ...]:
    """Maximum of each window, and its place in x."""
    pool = _pool(x, "max", kernel_shape, auto_pad, ceil_mode, dilations, pads, strides)
    values, places = b.add_all(replace(pool, with_places=True))
    return values, _by_columns(b, places, x.shape[2:]) if storage_order else places


def _by_columns(b: Builder, places: Value, extents: Axes) -> Value:
    """Return places in x as they are if the first spatial axis varies fastest, not the last."""
    inside = b.apply("mod", places, math.prod(extents))
    turned, rest = places - inside, inside
    for axis in reversed(range(len(extents))):
        turned += b.apply("mod", rest, extents[axis]) * math.prod(extents[:axis])
        rest = b.apply("int_div", rest, extents[axis])
    return b.where(places < 0, places, turned)


@onnx_op("AveragePool")
def average_pool(
    b: Builder,
    x: Value,
    *,
    kernel_shape: Axes,
    auto_pad: str = "NOTSET",
    ceil_mode: bool = False,
    count_include_pad: bool = False,
    dilations: Axes = (),
    pads: Axes = (),
    strides: Axes = (),
) -> Value:
    """Mean of each window, borders counted if asked."""
    mean = _pool(x, "mean", kernel_shape, auto_pad, ceil_mode, dilations, pads, strides, count_include_pad)
    return b.add(mean)


@onnx_op("GlobalMaxPool")
def global_max_pool(b: Builder, x: Value) -> Value:
    """Maximum over all spatial axes."""
    return b.reduce("max", x, range(2, x.type.rank))


@onnx_op("GlobalAveragePool")
def global_average_pool(b: Builder, x: Value) -> Value:
    """Mean over all spatial axes."""
    return b.reduce("mean", x, range(2, x.type.rank))


def _pool(
    x: Value,
    kind: str,
    kernel: Axes,
    auto_pad: str,
    ceil_mode: bool,
    dilations: Axes,
    pads: Axes,
    strides: Axes,
    count_pads: bool = False,
) -> Pool:
    rank = x.type.rank - 2
    strides, dilations = strides or (1,) * rank, dilations or (1,) * rank
    # ONNX Runtime pads a pool to the SAME extent as if it had no dilations.
    pads = _pads(auto_pad, pads, x.shape[2:], kernel, strides, (1,) * rank)
    overhang = (0,) * rank
    if ceil_mode:
        overhang = tuple(
            _overhang(
                x.shape[2 + axis], kernel[axis], strides[axis], dilations[axis], pads[axis], pads[axis + rank]
            )
            for axis in range(rank)
        )
    return Pool(x, kind, kernel, strides, pads, dilations, overhang, count_pads)


def _overhang(extent: int, kernel: int, stride: int, dilation: int, begin: int, end: int) -> int:
    """How far the last window reaches beyond the padded end, when the count of windows is rounded up."""
    reach = dilation * (kernel - 1) + 1
    count = -(-(extent + begin + end - reach) // stride) + 1
    if (count - 1) * stride >= extent + begin:  # a window that starts in the end padding is left out
        count -= 1
    return max(0, (count - 1) * stride + reach - (extent + begin + end))


def _pads(auto_pad: str, pads: Axes, extents: Axes, kernel: Axes, strides: Axes, dilations: Axes) -> Axes:
    """Return explicit padding: all the begins, then all the ends."""
    rank = len(extents)
    if (len(kernel), len(strides), len(dilations)) != (rank, rank, rank):
        raise ValueError(f"a window over {rank} axes needs as many extents, strides and dilations")
    if min((*kernel, *strides, *dilations), default=1) < 1:
        raise ValueError("a window's extents, strides and dilations start at 1")
    if len(pads) not in (0, 2 * rank):
        raise ValueError(f"a window over {rank} axes needs two pads for each, not {list(pads)}")
    match auto_pad:
        case "NOTSET":
            return pads or (0,) * (2 * rank)
        case "VALID":
            return (0,) * (2 * rank)
        case "SAME_UPPER" | "SAME_LOWER":
            begins, ends = [], []
            for extent, size, stride, dilation in zip(extents, kernel, strides, dilations, strict=True):
                windows = -(-extent // stride)
                total = max(0, (windows - 1) * stride + dilation * (size - 1) + 1 - extent)
                less, more = total // 2, total - total // 2
                begins.append(less if auto_pad == "SAME_UPPER" else more)
                ends.append(more if auto_pad == "SAME_UPPER" else less)
            return (*begins, *ends)
        case _:
            raise ValueError(f"auto_pad {auto_pad!r} is unknown")
