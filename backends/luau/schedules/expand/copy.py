"""Copies along the axes that grow.

Golden kernels: move.
"""

from __future__ import annotations

from functools import partial

from onnx2luau.backends.luau.emit.copies import copy
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.nest import Strided, broadcast_strides
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.compiler.ir.ops.expand import Expand
from onnx2luau.compiler.ir.types import strides


def match(op: Expand, site: Site) -> Match | None:
    """A load and a store for each element."""
    if not site.is_rows:
        return None
    return Match(site.elements(op.result_type().size), partial(_emit, op))


def _emit(op: Expand, f: KernelFunction) -> None:
    copy(
        f,
        op.shape,
        Strided(strides(op.shape)),
        Strided(broadcast_strides(op.x.shape, op.shape)),
        f.read(op.x),
    )
