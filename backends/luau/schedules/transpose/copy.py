"""A copy in another order of axes.

Golden kernels: move.
"""

from __future__ import annotations

from functools import partial

from onnx2luau.backends.luau.emit.copies import copy
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.compiler.ir.ops.transpose import Transpose
from onnx2luau.compiler.ir.types import strides


def match(op: Transpose, site: Site) -> Match | None:
    """A load and a store for each element."""
    if not site.is_flat:
        return None
    return Match(site.elements(op.result_type().size), partial(_emit, op), by_element=True)


def _emit(op: Transpose, f: KernelFunction) -> None:
    place, shape = f.strided(op.x), op.result_type().shape
    copy(f, shape, Strided(strides(shape)), Strided(*op.view(place.strides, place.start)), f.read(op.x))
