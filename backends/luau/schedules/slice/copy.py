"""A copy of what stays.

Golden kernels: move.
"""

from __future__ import annotations

from functools import partial

from onnx2luau.backends.luau.emit.copies import copy
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.nest import Strided
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.compiler.ir.ops.slice import Slice
from onnx2luau.compiler.ir.types import strides


def match(op: Slice, site: Site) -> Match | None:
    """A load and a store for each element."""
    if not site.is_rows:
        return None
    return Match(site.elements(op.result_type().size), partial(_emit, op))


def _emit(op: Slice, f: KernelFunction) -> None:
    own = strides(op.x.shape)
    start = sum(first * stride for first, stride in zip(op.starts, own, strict=True))
    source = Strided(tuple(step * stride for step, stride in zip(op.steps, own, strict=True)), start)
    copy(f, op.extents, Strided(strides(op.extents)), source, f.read(op.x))
