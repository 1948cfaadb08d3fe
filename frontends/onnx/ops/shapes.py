"""Operators that move elements or only rename their places."""

from __future__ import annotations

import math

import numpy as np

from onnx2luau.compiler.ir.builder import Builder
from onnx2luau.compiler.ir.ops.slice import Slice
from onnx2luau.compiler.ir.types import broadcast_shape
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.axes import axes_of, axis_of
from onnx2luau.frontends.onnx.elements import element_name, element_type
from onnx2luau.frontends.onnx.registry import onnx_op

MOST_JOINED = 512
"""Parts of one concatenation; the code for more would not fit into a file."""
TO_THE_LAST = (2**31 - 1, 2**63 - 1)
"""As the end of a slice: up to the last element in the direction of its step."""


@onnx_op("Identity")
def identity(b: Builder, x: Value) -> Value:
    """X itself."""
    return b.reshape(x, x.shape)


@onnx_op("Dropout")
def dropout(
    b: Builder, x: Value, ratio: float | None = None, training: bool | None = None, *, seed: int = 0
) -> tuple[Value, ...]:
    """X itself, since nothing is dropped after training, and a mask that says so."""
    del ratio, seed
    if training:
        raise ValueError("training mode is not supported; export the model for inference")
    mask = b.expand(b.constant(np.array(True), "kept"), x.shape)
    return b.reshape(x, x.shape), mask


@onnx_op("Cast")
def cast(b: Builder, x: Value, *, to: int, saturate: int = 1, round_mode: str = "up") -> Value:
    """Elements as another type."""
    del saturate, round_mode  # they concern 8-bit floats only
    dtype = element_type(to)
    if dtype is None:
        raise ValueError(f"the element type {element_name(to)} is not supported while the network runs")
    return b.cast(x, dtype)


@onnx_op("Flatten")
def flatten(b: Builder, x: Value, *, axis: int = 1) -> Value:
    """Two axes: those before `axis` as one, the others as one."""
    split = axis if axis == x.type.rank else axis_of(axis, x.type.rank) if x.type.rank else 0
    return b.reshape(x, (math.prod(x.shape[:split]), math.prod(x.shape[split:])))


@onnx_op("Reshape")
def reshape(b: Builder, x: Value, shape: tuple[int, ...], *, allowzero: bool = False) -> Value:
    """Another shape; 0 keeps an extent and -1 takes what is left."""
    wanted = list(shape)
    if not allowzero:
        if 0 in wanted[x.type.rank :]:
            raise ValueError(f"a shape of {wanted} keeps an extent that {x.type} does not have")
        wanted = [x.shape[axis] if extent == 0 else extent for axis, extent in enumerate(wanted)]
    if wanted.count(-1) == 1:
        rest = math.prod(extent for extent in wanted if extent != -1)
        wanted[wanted.index(-1)] = x.type.size // rest if rest else 0
    return b.reshape(x, wanted)


@onnx_op("Squeeze")
def squeeze(b: Builder, x: Value, axes: tuple[int, ...] | None = None) -> Value:
    """Without the given axes of extent 1, or without all of them; no axes are all, as in ONNX Runtime."""
    ones = [axis for axis, extent in enumerate(x.shape) if extent == 1]
    dropped = axes_of(axes, x.type.rank) if axes else ones
    if not set(dropped) <= set(ones):
        raise ValueError(f"{x.type} can't lose the axes {list(dropped)}: they are not all of extent 1")
    return b.reshape(x, [extent for axis, extent in enumerate(x.shape) if axis not in dropped])


@onnx_op("Unsqueeze")
def unsqueeze(b: Builder, x: Value, axes: tuple[int, ...]) -> Value:
    """With new axes of extent 1."""
    added = axes_of(axes, x.type.rank + len(axes))
    shape = list(x.shape)
    for axis in added:
        shape.insert(axis, 1)
    return b.reshape(x, shape)


@onnx_op("Transpose")
def transpose(b: Builder, x: Value, *, perm: tuple[int, ...] | None = None) -> Value:
    """Another order of axes; reversed unless given."""
    return b.transpose(x, perm if perm is not None else tuple(reversed(range(x.type.rank))))


@onnx_op("Concat")
def concat(b: Builder, *xs: Value, axis: int) -> Value:
    """Tensors joined along an axis; very many of them in several steps."""
    axis, parts = axis_of(axis, xs[0].type.rank), list(xs)
    while len(parts) > MOST_JOINED:
        groups = [parts[start : start + MOST_JOINED] for start in range(0, len(parts), MOST_JOINED)]
        parts = [b.concat(group, axis) for group in groups]
    return b.concat(parts, axis)


@onnx_op("Expand")
def expand(b: Builder, x: Value, shape: tuple[int, ...]) -> Value:
    """X broadcast with a shape."""
    return b.expand(x, broadcast_shape(x.shape, shape))


@onnx_op("Slice")
def slice_(
    b: Builder,
    x: Value,
    starts: tuple[int, ...],
    ends: tuple[int, ...],
    axes: tuple[int, ...] | None = None,
    steps: tuple[int, ...] | None = None,
) -> Value:
    """Part of x: from start to end by step along each given axis."""
    axes = tuple(range(len(starts))) if axes is None else axes
    steps = (1,) * len(starts) if steps is None else steps
    positions = [axis_of(axis, x.type.rank) for axis in axes]
    if not len(starts) == len(ends) == len(steps) == len(set(positions)):
        raise ValueError(f"a slice along the axes {positions} needs a start, an end and a step for each")
    picked = [range(extent) for extent in x.shape]
    for axis, start, end, step in zip(positions, starts, ends, steps, strict=True):
        if step == 0:
            raise ValueError("a step of 0 does not move")
        picked[axis] = _picked(x.shape[axis], start, end, step)
    return b.add(
        Slice(
            x,
            tuple(part.start if len(part) else 0 for part in picked),
            tuple(part.step for part in picked),
            tuple(len(part) for part in picked),
        )
    )


def _picked(extent: int, start: int, end: int, step: int) -> range:
    """Return the places that a slice picks from an axis, with its bounds clamped as ONNX does it.

    Python differs where a step is negative: there a start before the front picks nothing.
    """
    is_backward = step < 0
    start += extent if start < 0 else 0
    start = min(max(start, 0), extent - 1 if is_backward else extent)
    if end in TO_THE_LAST:
        return range(start, -1 if is_backward else extent, step)
    end += extent if end < 0 else 0
    return range(start, min(max(end, -1 if is_backward else 0), extent), step)


@onnx_op("Split")
def split(
    b: Builder, x: Value, sizes: tuple[int, ...] | None = None, *, axis: int = 0, num_outputs: int = 0
) -> tuple[Value, ...]:
    """Consecutive parts of x along an axis."""
    axis = axis_of(axis, x.type.rank)
    if sizes is None:
        if num_outputs < 1 or 0 < x.shape[axis] < num_outputs:
            raise ValueError(f"axis {axis} of {x.type} can't be split into {num_outputs} parts")
        each = -(-x.shape[axis] // num_outputs)
        sizes = tuple(min(each, x.shape[axis] - each * part) for part in range(num_outputs))
    parts, start = [], 0
    for size in sizes:
        starts = [start if position == axis else 0 for position in range(x.type.rank)]
        extents = [size if position == axis else extent for position, extent in enumerate(x.shape)]
        parts.append(b.add(Slice(x, tuple(starts), (1,) * x.type.rank, tuple(extents))))
        start += size
    return tuple(parts)
