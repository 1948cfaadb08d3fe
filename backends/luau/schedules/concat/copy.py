"""Each part is copied to its place, but for those that were computed there.

Golden kernels: move.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from onnx2luau.backends.luau.emit.copies import copy
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.compiler.ir.ops.concat import Concat
from onnx2luau.compiler.ir.types import strides
from onnx2luau.compiler.ir.values import Value


def match(op: Concat, site: Site) -> Match | None:
    """A load and a store for each element."""
    if not site.is_flat:
        return None
    left = [(part, start) for part, start in op.places() if not site.is_in_place(part, start)]
    size = sum(part.type.size for part, _ in left)
    return Match(site.elements(size), partial(_emit, op, left), by_element=True)


def _emit(op: Concat, parts: Sequence[tuple[Value, int]], f: KernelFunction) -> None:
    target = strides(op.result_type().shape)
    for part, start in parts:
        table = f.read(part, part.name)
        copy(f, part.shape, Strided(target, start), f.strided(part), table)
