"""Pool in Luau: the maximum or the mean of each window, one after another.

Golden kernels: pool.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from itertools import product

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.windows import Axis, tap_loops, window_axes
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import call, plus, times
from onnx2luau.backends.luau.syntax.nodes import (
    Binary,
    Choice,
    Constant,
    Expression,
    Index,
    Name,
    Number,
)
from onnx2luau.compiler.ir.ops.pool import LEAST, Pool
from onnx2luau.compiler.ir.types import strides

TRUE, FALSE = Constant("true"), Constant("false")
MOST_TAPS = 16
"""So many taps are written out where all of them are inside the tensor."""
TERMS = 8
"""How many values are added in one line of code."""
AT_ONCE = {"client": MOST_TAPS, "server": 3}
"""How many values one `math.max` takes: native code has instructions for three, interpreted calls cost."""


def match(op: Pool, site: Site) -> Match | None:
    """Each window is read once."""
    if not site.is_rows:
        return None
    return Match(
        site.elements(op.result_type().size, 1 + math.prod(op.kernel), math.prod(op.kernel)),
        partial(_emit, op),
        by_element=True,
    )


def _emit(op: Pool, f: KernelFunction) -> None:
    x, spatial = f.read(op.x), op.result_type().shape[2:]
    is_plain = not (any((*op.pads, *op.overhang)) or op.with_places)
    axes = window_axes(op.x.shape[2:], op.kernel, op.strides, op.pads, op.dilations, spatial)
    if math.prod(op.kernel) <= MOST_TAPS and is_plain:
        _written_out(op, f, axes, x)
        return
    place = f.local("place", Number(0))
    with ExitStack() as loops:
        channel = loops.enter_context(f.loop("channel", 0, math.prod(op.x.shape[:2]) - 1))
        first = f.local("first", plus(times(channel, math.prod(op.x.shape[2:])), 1))
        windows = [
            loops.enter_context(f.loop("rcd"[axis % 3], 0, extent - 1)) for axis, extent in enumerate(spatial)
        ]
        f.assign(place, Number(1), "+")
        if op.kind == "max":
            where = f.local("where", Number(-1)) if op.with_places else None
            f.assign(f.element(place), _maximum(f, axes, windows, x, first, where))
            if where is not None:
                f.assign(f.element(place, 1), where)
        else:
            f.assign(f.element(place), _mean(op, f, axes, windows, x, first))


def _written_out(op: Pool, f: KernelFunction, axes: list[Axis], x: Name) -> None:
    """Emit windows that never reach over the border, each as one expression."""
    own = strides(op.x.shape[2:])
    taps = [
        sum(tap * axis.dilation * stride for tap, axis, stride in zip(each, axes, own, strict=True))
        for each in product(*(range(axis.kernel) for axis in axes))
    ]
    place = f.local("place", Number(0))
    with ExitStack() as loops:
        channel = loops.enter_context(f.loop("channel", 0, math.prod(op.x.shape[:2]) - 1))
        first = times(channel, math.prod(op.x.shape[2:]))
        for axis, stride in list(zip(axes, own, strict=True))[:-1]:
            window = loops.enter_context(f.loop("r", 0, axis.windows - 1))
            first = plus(first, times(window, axis.step * stride))
        source = f.local("source", first)
        loops.enter_context(f.loop("c", 1, axes[-1].windows))
        values: list[Expression] = [Index(x, plus(source, tap + 1)) for tap in taps]
        f.assign(place, Number(1), "+")
        result = _largest(f, values) if op.kind == "max" else Binary("/", _sum(values), Number(len(taps)))
        f.assign(f.element(place), result)
        f.assign(source, Number(axes[-1].step), "+")


def _largest(f: KernelFunction, values: Sequence[Expression]) -> Expression:
    """Return the largest value, or NaN where one is NaN, which `math.max` passes over if it is not the first.

    A call is cheaper than comparisons whose outcome processors can't foresee; so is one look at the sum of
    the others, which is undefined if a value is.
    """
    if len(values) == 1:
        return values[0]
    others = [f.local(f"v{number}", value) for number, value in enumerate(values[1:], 1)]
    best = f.local("best", _call_of_largest([values[0], *others], at_once=AT_ONCE[f.target]))
    total = f.local("total", _sum(others[:TERMS]))
    for start in range(TERMS, len(others), TERMS):
        f.assign(total, _sum(others[start : start + TERMS]), "+")
    with f.when(Binary("~=", total, total)):
        f.assign(best, call(f.constants.special("largest"), best, *others))
    return best


def _call_of_largest(values: Sequence[Expression], at_once: int) -> Expression:
    best = call("math.max", *values[:at_once])
    for start in range(at_once, len(values), at_once - 1):
        best = call("math.max", best, *values[start : start + at_once - 1])
    return best


def _sum(values: Sequence[Expression]) -> Expression:
    total = values[0]
    for value in values[1:]:
        total = Binary("+", total, value)
    return total


def _maximum(
    f: KernelFunction, axes: list[Axis], windows: list[Name], x: Name, first: Name, where: Name | None
) -> Expression:
    """Write the loops over a window; `where` gets the place of the largest number, counted from 0."""
    best = f.local("best", Number(-math.inf))
    is_met = f.local("isMet", FALSE) if any(axis.has_hollow_window for axis in axes) else None

    def tap(position: Expression, offset: Expression) -> None:
        del offset
        place = plus(first, position)
        value = f.local("v", Index(x, place))
        # NaN is unequal to itself, and wins; of several the first one counts.
        is_new: Expression = Binary("~=", value, value)
        if where is not None:
            is_new = Binary("and", is_new, Binary("==", best, best))
        with f.when(Binary("or", Binary(">", value, best), is_new)):
            f.assign(best, value)
            if where is not None:
                f.assign(where, plus(place, -1))
        if is_met is not None:
            f.assign(is_met, TRUE)

    tap_loops(f, axes, windows, tap)
    return best if is_met is None else Choice(is_met, best, Number(LEAST))


def _mean(
    op: Pool, f: KernelFunction, axes: list[Axis], windows: list[Name], x: Name, first: Name
) -> Expression:
    total = f.local("total", Number(0))
    is_constant = op.count_pads or not any((*op.pads, *op.overhang))
    count = None if is_constant else f.local("count", Number(0))

    def tap(position: Expression, offset: Expression) -> None:
        del offset
        f.assign(total, Index(x, plus(first, position)), "+")
        if count is not None:
            f.assign(count, Number(1), "+")

    tap_loops(f, axes, windows, tap)
    divisor = count if count is not None else _padded_count(op, axes, windows)
    if count is not None and any(axis.has_hollow_window for axis in axes):
        divisor = call("math.max", count, Number(1))
    return Binary("/", total, divisor)


def _padded_count(op: Pool, axes: list[Axis], windows: list[Name]) -> Expression:
    """Return how many taps are inside the padded tensor: all of them, but for windows that hang over."""
    if not any(op.overhang):
        return Number(math.prod(op.kernel))
    product: Expression = Number(1)
    for axis, window, end in zip(axes, windows, op.pads[len(axes) :], strict=True):
        beyond = axis.extent + end + axis.begin  # counted from the first tap of the first window
        room = Binary("-", Number(beyond), times(window, axis.step))
        taps = call("math.ceil", room if axis.dilation == 1 else Binary("/", room, Number(axis.dilation)))
        product = Binary("*", product, call("math.min", Number(axis.kernel), taps))
    return product
