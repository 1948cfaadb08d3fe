"""Reduce in Luau: a nest over what stays, a nest inside it over what is combined.

Golden kernels: reduce.
"""

from __future__ import annotations

import math
from functools import partial

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.nest import nest
from onnx2luau.backends.luau.emit.singles import overflow_f32
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Name, Number
from onnx2luau.compiler.ir.ops.reduce import Reduce
from onnx2luau.compiler.ir.types import DType, strides

START = {"sum": 0.0, "mean": 0.0, "prod": 1.0, "max": -math.inf, "min": math.inf}


def match(op: Reduce, site: Site) -> Match | None:
    """Each element is read once."""
    if not site.is_flat:
        return None
    return Match(site.elements(op.x.type.size, 1, 1), partial(_emit, op), by_element=True)


def _emit(op: Reduce, f: KernelFunction) -> None:
    x, place = f.read(op.x), f.strided(op.x)
    source = place.strides
    kept = [axis for axis in range(op.x.type.rank) if axis not in op.axes]
    shape = op.result_type().shape
    count = math.prod(op.x.shape[axis] for axis in op.axes)

    def combine(indices: list[Expression]) -> None:
        target, start = indices
        accumulator = f.local(
            "total" if op.kind in ("sum", "mean", "prod") else "best", Number(START[op.kind])
        )

        def step(places: list[Expression]) -> None:
            element = Index(x, places[0])
            if op.kind in ("max", "min"):
                value = f.local("v", element)
                with f.when(is_better(op.kind, value, accumulator)):
                    f.assign(accumulator, value)
            elif op.x.type.dtype is DType.I64:
                combined = Binary("*" if op.kind == "prod" else "+", accumulator, element)
                f.assign(accumulator, call(f.constants.special("exact"), combined))
            else:
                f.assign(accumulator, element, "*" if op.kind == "prod" else "+")

        # `start` is an index from 1, a layout begins at 0.
        inner = Strided(tuple(source[axis] for axis in op.axes), -1, start)
        nest(f, [op.x.shape[axis] for axis in op.axes], [inner], step)
        f.assign(f.element(target), finished(op, f, accumulator, count))

    layouts = [
        Strided(tuple(strides(shape)[axis] for axis in kept)),
        Strided(tuple(source[axis] for axis in kept), place.start),
    ]
    nest(f, [op.x.shape[axis] for axis in kept], [layouts[0], layouts[1]], combine)


def is_better(kind: str, value: Expression, best: Name) -> Expression:
    """Return the test that a value takes the place of the best one so far."""
    better = Binary(">" if kind == "max" else "<", value, best)
    # NaN is unequal to itself, and wins as it does in ONNX Runtime.
    return Binary("or", better, Binary("~=", value, value))


def finished(op: Reduce, f: KernelFunction, accumulator: Name, count: int) -> Expression:
    """Return the result of all steps: divided for a mean, and a whole number within range for integers."""
    if op.x.type.dtype is DType.F32 and op.kind in ("sum", "mean", "prod"):
        total = overflow_f32(f.constants, accumulator)
        return total if op.kind != "mean" else Binary("/", total, Number(count))
    if op.kind == "mean":
        return call(f.constants.special("trunc"), Binary("/", accumulator, Number(count)))
    if op.kind in ("sum", "prod") and op.x.type.dtype is DType.I32:
        return call("math.clamp", accumulator, Number(-(2**31)), Number(2**31 - 1))
    return accumulator
