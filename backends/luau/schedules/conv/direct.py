"""Direct convolution: one output at a time, as the definition says. Plain, and right for every case.

Golden kernels: conv_direct.
"""

from __future__ import annotations

import math
from contextlib import ExitStack
from functools import partial

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.scalars import emit_scalar
from onnx2luau.backends.luau.emit.singles import in_range
from onnx2luau.backends.luau.emit.windows import tap_loops, window_axes
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import call, plus, times
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Name, Number
from onnx2luau.compiler.ir.ops.conv import Conv


def match(op: Conv, site: Site) -> Match | None:
    """Each weight is two loads, four operations and a round of a loop."""
    if not site.is_rows:
        return None
    work = op.result_type().size * math.prod(op.weight.shape[1:])
    return Match(site.elements(work, 2, 4), partial(_emit, op), by_element=True, stores_once=True)


def _emit(op: Conv, f: KernelFunction) -> None:
    """Write loops over batch, outputs, windows and taps around one over the channels."""
    x, weight = f.read(op.x), f.weights(op.weight, "weights")
    bias = f.read(op.bias, "bias") if op.bias is not None else None
    outputs, channels = op.weight.shape[:2]
    spatial = op.result_type().shape[2:]
    place = f.local("place", Number(0))
    with ExitStack() as loops:
        base: Expression = Number(0)
        if op.x.shape[0] > 1:
            batch = loops.enter_context(f.loop("batch", 0, op.x.shape[0] - 1))
            base = times(batch, math.prod(op.x.shape[1:]))
        output = loops.enter_context(f.loop("output", 0, outputs - 1))
        first = _first_channel(op, f, output, base)
        kernel = f.local("kernel", times(output, math.prod(op.weight.shape[1:])))
        windows = [
            loops.enter_context(f.loop("rcd"[axis % 3], 0, extent - 1)) for axis, extent in enumerate(spatial)
        ]
        total = f.local("total", Index(bias, plus(output, 1)) if bias is not None else Number(0))

        def tap(position: Expression, offset: Expression) -> None:
            _channels(op, f, x, weight, total, plus(first, position), plus(kernel, offset), channels)

        axes = window_axes(op.x.shape[2:], op.weight.shape[2:], op.strides, op.pads, op.dilations, spatial)
        tap_loops(f, axes, windows, tap)
        f.assign(place, Number(1), "+")
        f.store(place, emit_scalar(f, f.constants, in_range(op.activation), [total]))


def _first_channel(op: Conv, f: KernelFunction, output: Name, base: Expression) -> Expression:
    """Return what lies before the group's first channel."""
    if op.groups == 1:
        return base
    outputs, channels = op.weight.shape[:2]
    each = channels * math.prod(op.x.shape[2:])
    group: Expression = output
    if outputs != op.groups:
        group = call("math.floor", Binary("/", output, Number(outputs // op.groups)))
    return f.local("first", plus(base, times(group, each)))


def _channels(
    op: Conv,
    f: KernelFunction,
    x: Name,
    weight: Name,
    total: Name,
    position: Expression,
    offset: Expression,
    channels: int,
) -> None:
    """Add one tap of every channel of the group."""
    if channels == 1:
        product = Binary("*", Index(x, plus(position, 1)), Index(weight, plus(offset, 1)))
        f.assign(total, product, "+")
        return
    p = f.local("p", plus(position, 1))
    q = f.local("q", plus(offset, 1))
    with f.loop("channel", 1, channels):
        f.assign(total, Binary("*", Index(x, p), Index(weight, q)), "+")
        f.assign(p, Number(math.prod(op.x.shape[2:])), "+")
        f.assign(q, Number(math.prod(op.weight.shape[2:])), "+")
