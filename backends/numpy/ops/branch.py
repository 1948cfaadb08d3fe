"""Branch in numpy: one of two bodies."""

from __future__ import annotations

from onnx2luau.backends.numpy.bodies import run_body
from onnx2luau.backends.numpy.evaluate import Read, compute
from onnx2luau.compiler.ir.ops.branch import Branch
from onnx2luau.compiler.ir.types import Array


@compute.register
def _(op: Branch, read: Read) -> tuple[Array, ...]:
    body = op.then if read(op.condition).item() else op.otherwise
    return tuple(run_body(body, [read(value) for value in op.captured]))
