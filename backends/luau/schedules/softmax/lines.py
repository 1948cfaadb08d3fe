"""Softmax in Luau: the maximum, the sum of exponentials, then the division.

Golden kernels: softmax.
"""

from __future__ import annotations

import math
from functools import partial

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.nest import nest
from onnx2luau.backends.luau.emit.singles import overflow_f32
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import call, plus
from onnx2luau.backends.luau.syntax.nodes import Binary, Choice, Expression, Index, Name, Number
from onnx2luau.compiler.ir.ops.softmax import Softmax
from onnx2luau.compiler.ir.types import strides

SHORT = 16
"""A line of up to so many elements is written out, so that its powers stay in locals."""
TERMS = 8
"""How many powers are added in one line of code."""


def match(op: Softmax, site: Site) -> Match | None:
    """Each element is read twice, and is a power."""
    if not site.is_rows:
        return None
    return Match(site.elements(op.x.type.size, 5, 3, 1), partial(_emit, op), by_element=True)


def _emit(op: Softmax, f: KernelFunction) -> None:
    own = strides(op.x.shape)
    others = [axis for axis in range(op.x.type.rank) if axis != op.axis]
    extent, stride = op.x.shape[op.axis], own[op.axis]

    def line(indices: list[Expression]) -> None:
        if extent <= SHORT:
            first = f.named("first", indices[0])
            _written_out(op, f, [plus(first, k * stride) for k in range(extent)])
        else:
            before = f.named("before", plus(indices[0], -1))
            _loops(op, f, extent, Strided((stride,), 0, before))

    extents = [op.x.shape[axis] for axis in others]
    # A tensor without elements has no lines either, whichever axis is empty.
    nest(f, extents if extent else [0], [Strided(tuple(own[axis] for axis in others))], line)


def _written_out(op: Softmax, f: KernelFunction, places: list[Expression]) -> None:
    """Write a line without loops. A NaN reaches the total, and so every result, even if it is passed over."""
    x = f.read(op.x)
    values = [f.local(f"v{k}", Index(x, place)) for k, place in enumerate(places, 1)]
    largest = values[0]
    if len(values) > 1:
        largest = f.local("largest", _larger(values[1], largest))
    for value in values[2:]:
        f.assign(largest, _larger(value, largest))
    shifted: list[Expression] = [Binary("-", value, largest) for value in values]
    if op.log:
        shifted = [f.local(f"s{k}", shift) for k, shift in enumerate(shifted, 1)]
    powers = [f.local(f"p{k}", call("math.exp", shift)) for k, shift in enumerate(shifted, 1)]
    total = f.local("total", _sum(powers[:TERMS]))
    for start in range(TERMS, len(powers), TERMS):
        f.assign(total, _sum(powers[start : start + TERMS]), "+")
    if op.log:
        # Added to the largest number first, the logarithm would be lost where that is large.
        logarithm = f.local("logarithm", call("math.log", total))
        results = [overflow_f32(f.constants, Binary("-", shift, logarithm)) for shift in shifted]
    else:
        results = [Binary("/", power, total) for power in powers]
    for place, result in zip(places, results, strict=True):
        f.assign(f.element(place), result)


def _larger(value: Expression, largest: Expression) -> Expression:
    return Choice(Binary(">", value, largest), value, largest)


def _sum(terms: list[Name]) -> Expression:
    total: Expression = terms[0]
    for term in terms[1:]:
        total = Binary("+", total, term)
    return total


def _loops(op: Softmax, f: KernelFunction, extent: int, along: Strided) -> None:
    """Write a line as three loops."""
    x = f.read(op.x)
    largest = f.local("largest", Number(-math.inf))

    def find(places: list[Expression]) -> None:
        value = f.local("v", Index(x, places[0]))
        with f.when(Binary(">", value, largest)):
            f.assign(largest, value)

    nest(f, [extent], [along], find)
    total = f.local("total", Number(0))

    def add(places: list[Expression]) -> None:
        shifted = Binary("-", Index(x, places[0]), largest)
        if op.log:
            f.assign(total, call("math.exp", shifted), "+")
            return
        power = f.local("power", call("math.exp", shifted))
        f.assign(f.element(places[0]), power)
        f.assign(total, power, "+")

    nest(f, [extent], [along], add)
    if op.log:
        logarithm = f.local("logarithm", call("math.log", total))

    def finish(places: list[Expression]) -> None:
        place = f.element(places[0])
        if op.log:
            shifted = Binary("-", Index(x, places[0]), largest)
            f.assign(place, overflow_f32(f.constants, Binary("-", shifted, logarithm)))
        else:
            f.assign(place, total, "/")

    nest(f, [extent], [along], finish)
