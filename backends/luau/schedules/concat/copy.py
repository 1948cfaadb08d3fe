"""Each part is copied to its place.

Golden kernels: move.
"""

from __future__ import annotations

from functools import partial

from onnx2luau.backends.luau.emit.copies import copy
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.compiler.ir.ops.concat import Concat
from onnx2luau.compiler.ir.types import strides


def match(op: Concat, site: Site) -> Match | None:
    """A load and a store for each element."""
    if not site.is_flat:
        return None
    return Match(site.elements(op.result_type().size), partial(_emit, op))


def _emit(op: Concat, f: KernelFunction) -> None:
    shape = op.result_type().shape
    target = strides(shape)
    start = 0
    for part in op.parts:
        table = f.read(part, part.name)
        copy(f, part.shape, Strided(target, start * target[op.axis]), f.strided(part), table)
        start += part.shape[op.axis]
