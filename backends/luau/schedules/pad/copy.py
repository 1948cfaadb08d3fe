"""A copy with a border around it, which is filled from the last axis on.

Golden kernels: move.
"""

from __future__ import annotations

from functools import partial

from onnx2luau.backends.luau.emit.copies import copy
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.backends.luau.syntax.nodes import Number
from onnx2luau.compiler.ir.ops.pad import Pad
from onnx2luau.compiler.ir.types import strides


def match(op: Pad, site: Site) -> Match | None:
    """A load and a store for each element."""
    if not site.is_flat:
        return None
    return Match(site.elements(op.result_type().size), partial(_emit, op))


def _emit(op: Pad, f: KernelFunction) -> None:
    target = strides(op.result_type().shape)
    before = sum(begin * stride for begin, stride in zip(op.begins, target, strict=True))
    if op.mode == "constant":
        with f.loop("index", 1, op.result_type().size) as index:
            f.assign(f.element(index), Number(op.value))
    copy(f, op.x.shape, Strided(target, before), f.strided(op.x), f.read(op.x))
    if op.mode != "constant":
        _borders(op, f, target, before)


def _borders(op: Pad, f: KernelFunction, target: tuple[int, ...], before: int) -> None:
    """Copy what has been written already to either side of it, axis by axis, from the last one on."""
    shape = op.result_type().shape
    for axis in reversed(range(op.x.type.rank)):
        stride = target[axis]
        before -= op.begins[axis] * stride
        for to, extent, first, step in _pieces(op, axis):
            extents = (*op.x.shape[:axis], extent, *shape[axis + 1 :])
            steps = (*target[:axis], step * stride, *target[axis + 1 :])
            source = Strided(steps, before + (op.begins[axis] + first) * stride)
            copy(f, extents, Strided(target, before + to * stride), source, f.result)


def _pieces(op: Pad, axis: int) -> list[tuple[int, int, int, int]]:
    """Return the borders of an axis, each copied in one direction: (to, extent, from, step)."""
    begin, end, extent = op.begins[axis], op.ends[axis], op.x.shape[axis]
    match op.mode:
        case "reflect":
            before, after = (0, begin, begin, -1), (begin + extent, end, extent - 2, -1)
        case "edge":
            before, after = (0, begin, 0, 0), (begin + extent, end, extent - 1, 0)
        case _:  # wrap
            before, after = (0, begin, extent - begin, 1), (begin + extent, end, 0, 1)
    return [piece for piece in (before, after) if piece[1] > 0]
