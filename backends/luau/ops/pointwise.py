"""Pointwise in Luau: one loop over broadcast operands.

Golden kernels: pointwise.
"""

from __future__ import annotations

from onnx2luau.backends.luau.emit.dispatch import emit
from onnx2luau.backends.luau.emit.kernel import Kernel
from onnx2luau.backends.luau.emit.nest import Layout, broadcast_strides, nest
from onnx2luau.backends.luau.emit.scalars import emit_scalar
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import Expression, Index
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.types import strides


@emit.register
def _(op: Pointwise, f: Kernel) -> None:
    shape = op.result_type().shape
    tables = [
        f.read(value, "x" if len(op.inputs) == 1 else "abcdefghij"[i % 10])
        for i, value in enumerate(op.inputs)
    ]
    layouts = [Layout(broadcast_strides(value.shape, shape)) for value in op.inputs]

    def body(indices: list[Expression]) -> None:
        target, *sources = indices
        arguments = [Index(table, index) for table, index in zip(tables, sources, strict=True)]
        value = emit_scalar(f, f.constants, op.body, arguments)
        if op.dtype.is_integer:
            value = call(f.constants.special("exact"), value)
        f.assign(Index(f.result, target), value)

    nest(f, shape, [Layout(strides(shape)), *layouts], body)
