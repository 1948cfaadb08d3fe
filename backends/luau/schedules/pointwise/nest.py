"""Pointwise in Luau: one loop over broadcast operands.

Golden kernels: pointwise.
"""

from __future__ import annotations

from functools import partial

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.nest import nest
from onnx2luau.backends.luau.emit.scalars import emit_scalar
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import Expression
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.types import strides


def match(op: Pointwise, site: Site) -> Match | None:
    """Each element of the result is computed once."""
    if not site.is_flat:
        return None
    return Match(
        site.elements(op.result_type().size, 1 + len(op.inputs), 2), partial(_emit, op), by_element=True
    )


def _emit(op: Pointwise, f: KernelFunction) -> None:
    shape = op.result_type().shape
    tables = [
        f.read(value, "x" if len(op.inputs) == 1 else "abcdefghij"[i % 10])
        for i, value in enumerate(op.inputs)
    ]
    layouts = [f.strided(value, shape) for value in op.inputs]

    def body(indices: list[Expression]) -> None:
        target, *arguments = indices
        value = emit_scalar(f, f.constants, op.body, arguments)
        if op.dtype.is_integer:
            value = call(f.constants.special("exact"), value)
        f.assign(f.element(target), value)

    nest(f, shape, [Strided(strides(shape)), *layouts], body, dict(enumerate(tables, 1)))
