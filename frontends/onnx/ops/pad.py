"""Padding; negative pads cut off."""

from __future__ import annotations

from onnx2luau.compiler.ir.builder import Builder
from onnx2luau.compiler.ir.ops.pad import Pad
from onnx2luau.compiler.ir.ops.slice import Slice
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.axes import axis_of
from onnx2luau.frontends.onnx.registry import onnx_op


@onnx_op("Pad")
def pad(
    b: Builder,
    x: Value,
    pads: tuple[int, ...],
    value: float | None = None,
    axes: tuple[int, ...] | None = None,
    *,
    mode: str = "constant",
) -> Value:
    """A border of a constant, the edge, the reflection or the other side."""
    rank = x.type.rank
    positions = [axis_of(axis, rank) for axis in axes] if axes is not None else list(range(rank))
    if len(pads) != 2 * len(positions) or len(set(positions)) != len(positions):
        raise ValueError(f"the pads {list(pads)} are not two for each of the axes {positions}")
    begins, ends = [0] * rank, [0] * rank
    for index, axis in enumerate(positions):
        begins[axis] = pads[index]
        ends[axis] = pads[index + len(positions)]
    if min((*begins, *ends), default=0) < 0:
        x = _cut(b, x, begins, ends)
    fill = 0.0 if value is None else value
    widths = (tuple(max(0, width) for width in begins), tuple(max(0, width) for width in ends))
    return b.add(Pad(x, *widths, mode, fill))


def _cut(b: Builder, x: Value, begins: list[int], ends: list[int]) -> Value:
    starts = tuple(max(0, -begin) for begin in begins)
    extents = tuple(
        extent - start - max(0, -end) for extent, start, end in zip(x.shape, starts, ends, strict=True)
    )
    return b.add(Slice(x, starts, (1,) * x.type.rank, extents))
