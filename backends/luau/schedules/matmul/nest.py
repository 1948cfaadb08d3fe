"""Matmul in Luau: a plain loop over rows, columns and the inner extent.

Golden kernels: matmul.
"""

from __future__ import annotations

from functools import partial

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.nest import Strided, broadcast_strides, nest
from onnx2luau.backends.luau.emit.singles import overflow_f32
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Number
from onnx2luau.compiler.ir.ops.matmul import Matmul
from onnx2luau.compiler.ir.types import strides


def match(op: Matmul, site: Site) -> Match | None:
    """Each product is two loads and a round of a loop."""
    if not site.is_rows:
        return None
    return Match(site.elements(op.multiply_adds, 2, 4), partial(_emit, op))


def _emit(op: Matmul, f: KernelFunction) -> None:
    a, b = f.read(op.a, "a"), f.read(op.b, "b")
    shape = op.result_type().shape
    *batch, _, columns = shape
    inner = op.a.shape[-1]
    left = broadcast_strides(op.a.shape[:-2], tuple(batch))
    right = broadcast_strides(op.b.shape[:-2], tuple(batch))
    rows = op.a.shape[-2]

    def element(indices: list[Expression]) -> None:
        target, row, column = indices
        total = f.local("total", Number(0))

        def step(places: list[Expression]) -> None:
            f.assign(total, Binary("*", Index(a, places[0]), Index(b, places[1])), "+")

        nest(f, [inner], [Strided((1,), -1, row), Strided((columns,), -1, column)], step)
        f.assign(Index(f.result, target), overflow_f32(f.constants, total))

    layouts = [
        Strided(strides(shape)),
        Strided((*(stride * rows * inner for stride in left), inner, 0)),
        Strided((*(stride * inner * columns for stride in right), 0, 1)),
    ]
    nest(f, shape, layouts, element)
