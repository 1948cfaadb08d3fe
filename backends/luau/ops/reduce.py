"""Reduce in Luau: a nest over what stays, a nest inside it over what is combined."""

from __future__ import annotations

import math

from onnx2luau.backends.luau.emit import emit
from onnx2luau.backends.luau.kernel import Kernel
from onnx2luau.backends.luau.nest import Layout, nest
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Number
from onnx2luau.compiler.ir.ops.reduce import Reduce
from onnx2luau.compiler.ir.types import strides

START = {"sum": 0.0, "mean": 0.0, "prod": 1.0, "max": -math.inf, "min": math.inf}


@emit.register
def _(op: Reduce, f: Kernel) -> None:
    x, source = f.read(op.x), strides(op.x.shape)
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
                better = ">" if op.kind == "max" else "<"
                # NaN is unequal to itself, and wins as it does in ONNX Runtime.
                is_new = Binary("or", Binary(better, value, accumulator), Binary("~=", value, value))
                with f.when(is_new):
                    f.assign(accumulator, value)
            else:
                f.assign(accumulator, element, "*" if op.kind == "prod" else "+")

        # `start` is an index from 1, a layout begins at 0.
        inner = Layout(tuple(source[axis] for axis in op.axes), -1, start)
        nest(f, [op.x.shape[axis] for axis in op.axes], [inner], step)
        value: Expression = Binary("/", accumulator, Number(count)) if op.kind == "mean" else accumulator
        f.assign(Index(f.result, target), value)

    layouts = [
        Layout(tuple(strides(shape)[axis] for axis in kept)),
        Layout(tuple(source[axis] for axis in kept)),
    ]
    nest(f, [op.x.shape[axis] for axis in kept], [layouts[0], layouts[1]], combine)
