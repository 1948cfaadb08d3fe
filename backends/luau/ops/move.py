"""The ops that only move elements: each is one or a few loop nests of copies.

Golden kernels: move.
"""

from __future__ import annotations

from onnx2luau.backends.luau.emit.dispatch import emit
from onnx2luau.backends.luau.emit.kernel import Kernel
from onnx2luau.backends.luau.emit.nest import Layout, broadcast_strides, nest
from onnx2luau.backends.luau.syntax.nodes import Expression, Index, Name, Number
from onnx2luau.compiler.ir.ops.concat import Concat
from onnx2luau.compiler.ir.ops.expand import Expand
from onnx2luau.compiler.ir.ops.pad import Pad
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.ops.slice import Slice
from onnx2luau.compiler.ir.ops.transpose import Transpose
from onnx2luau.compiler.ir.types import strides


def _copy(f: Kernel, extents: tuple[int, ...], target: Layout, source: Layout, table: Name) -> None:
    def body(indices: list[Expression]) -> None:
        f.assign(Index(f.result, indices[0]), Index(table, indices[1]))

    nest(f, extents, [target, source], body)


@emit.register
def _(op: Transpose, f: Kernel) -> None:
    shape = op.result_type().shape
    source = strides(op.x.shape)
    _copy(
        f, shape, Layout(strides(shape)), Layout(tuple(source[axis] for axis in op.permutation)), f.read(op.x)
    )


@emit.register
def _(op: Expand, f: Kernel) -> None:
    _copy(
        f, op.shape, Layout(strides(op.shape)), Layout(broadcast_strides(op.x.shape, op.shape)), f.read(op.x)
    )


@emit.register
def _(op: Reshape, f: Kernel) -> None:
    # Met only where a copy is needed: an output may share its table with nothing else.
    size = (op.x.type.size,)
    _copy(f, size, Layout((1,)), Layout((1,)), f.read(op.x))


@emit.register
def _(op: Slice, f: Kernel) -> None:
    own = strides(op.x.shape)
    start = sum(first * stride for first, stride in zip(op.starts, own, strict=True))
    source = Layout(tuple(step * stride for step, stride in zip(op.steps, own, strict=True)), start)
    _copy(f, op.extents, Layout(strides(op.extents)), source, f.read(op.x))


@emit.register
def _(op: Concat, f: Kernel) -> None:
    shape = op.result_type().shape
    target = strides(shape)
    start = 0
    for part in op.parts:
        table = f.read(part, part.name)
        _copy(f, part.shape, Layout(target, start * target[op.axis]), Layout(strides(part.shape)), table)
        start += part.shape[op.axis]


@emit.register
def _(op: Pad, f: Kernel) -> None:
    target = strides(op.result_type().shape)
    before = sum(begin * stride for begin, stride in zip(op.begins, target, strict=True))
    if op.mode == "constant":
        with f.loop("index", 1, op.result_type().size) as index:
            f.assign(Index(f.result, index), Number(op.value))
    _copy(f, op.x.shape, Layout(target, before), Layout(strides(op.x.shape)), f.read(op.x))
    if op.mode != "constant":
        _borders(op, f, target, before)


def _borders(op: Pad, f: Kernel, target: tuple[int, ...], before: int) -> None:
    """Copy what has been written already to either side of it, axis by axis, from the last one on."""
    shape = op.result_type().shape
    for axis in reversed(range(op.x.type.rank)):
        stride = target[axis]
        before -= op.begins[axis] * stride
        for to, extent, first, step in _pieces(op, axis):
            extents = (*op.x.shape[:axis], extent, *shape[axis + 1 :])
            steps = (*target[:axis], step * stride, *target[axis + 1 :])
            source = Layout(steps, before + (op.begins[axis] + first) * stride)
            _copy(f, extents, Layout(target, before + to * stride), source, f.result)


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
