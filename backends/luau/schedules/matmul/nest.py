"""Matmul in Luau: a plain loop over rows, columns and the inner extent.

Golden kernels: matmul.
"""

from __future__ import annotations

from functools import partial

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.nest import nest
from onnx2luau.backends.luau.emit.singles import overflow_f32
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Number
from onnx2luau.compiler.ir.ops.matmul import Matmul
from onnx2luau.compiler.ir.types import strides


def match(op: Matmul, site: Site) -> Match | None:
    """Each product is two loads and a round of a loop."""
    if not site.is_flat:
        return None
    return Match(site.elements(op.multiply_adds, 2, 4), partial(_emit, op), by_element=True, stores_once=True)


def _emit(op: Matmul, f: KernelFunction) -> None:
    a, b = f.read(op.a, "a"), f.read(op.b, "b")
    shape = op.result_type().shape
    left, right = (
        f.strided(value).broadcast(value.shape, (*shape[:-2], *value.shape[-2:])) for value in (op.a, op.b)
    )
    inner = op.a.shape[-1]

    def element(indices: list[Expression]) -> None:
        target, row, column = indices
        total = f.local("total", Number(0))

        def step(places: list[Expression]) -> None:
            f.assign(total, Binary("*", Index(a, places[0]), Index(b, places[1])), "+")

        along = [Strided(left.strides[-1:], -1, row), Strided(right.strides[-2:-1], -1, column)]
        nest(f, [inner], along, step)
        f.store(target, overflow_f32(f.constants, total))

    layouts = [
        Strided(strides(shape)),
        Strided((*left.strides[:-1], 0), left.start),
        Strided((*right.strides[:-2], 0, right.strides[-1]), right.start),
    ]
    nest(f, shape, layouts, element)
