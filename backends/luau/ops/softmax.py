"""Softmax in Luau: the maximum, the sum of exponentials, then the division."""

from __future__ import annotations

import math

from onnx2luau.backends.luau.emit import emit
from onnx2luau.backends.luau.kernel import Kernel
from onnx2luau.backends.luau.nest import Layout, nest
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Name, Number
from onnx2luau.compiler.ir.ops.softmax import Softmax
from onnx2luau.compiler.ir.types import strides


@emit.register
def _(op: Softmax, f: Kernel) -> None:
    x, y = f.read(op.x), f.result
    own = strides(op.x.shape)
    others = [axis for axis in range(op.x.type.rank) if axis != op.axis]
    extent, stride = op.x.shape[op.axis], own[op.axis]

    def line(indices: list[Expression]) -> None:
        base = indices[0] if isinstance(indices[0], Name | Number) else f.local("first", indices[0])
        along = Layout((stride,), -1, base)
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
            f.assign(Index(y, places[0]), power)
            f.assign(total, power, "+")

        nest(f, [extent], [along], add)
        if op.log:
            shift = f.local("shift", Binary("+", largest, call("math.log", total)))

        def finish(places: list[Expression]) -> None:
            place = Index(y, places[0])
            if op.log:
                f.assign(place, Binary("-", Index(x, places[0]), shift))
            else:
                f.assign(place, total, "/")

        nest(f, [extent], [along], finish)

    nest(f, [op.x.shape[axis] for axis in others], [Layout(tuple(own[axis] for axis in others))], line)
