"""Copies along the axes that grow.

Golden kernels: move.
"""

from __future__ import annotations

from functools import partial

from onnx2luau.backends.luau.emit.copies import copy
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.compiler.ir.ops.expand import Expand
from onnx2luau.compiler.ir.types import strides


def match(op: Expand, site: Site) -> Match | None:
    """A load and a store for each element."""
    if not site.is_flat:
        return None
    return Match(site.elements(op.result_type().size), partial(_emit, op), by_element=True)


def _emit(op: Expand, f: KernelFunction) -> None:
    copy(
        f,
        op.shape,
        Strided(strides(op.shape)),
        f.strided(op.x, op.shape),
        f.read(op.x),
    )
