"""Kernels of one vector, repeated over the vectors of a larger tensor."""

from __future__ import annotations

from collections.abc import Iterator

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.syntax.arithmetic import times
from onnx2luau.backends.luau.syntax.nodes import Expression, Number


def each_row(
    f: KernelFunction, rows: int, inputs: int, outputs: int
) -> Iterator[tuple[Expression, Expression]]:
    """Yield what lies before a row in the operand and in the result, once, inside a loop over the rows."""
    if rows == 1:
        yield Number(0), Number(0)
        return
    with f.loop("row", 0, rows - 1) as row:
        yield (
            f.local("source", times(row, inputs)),
            f.local("target", times(row, outputs)),
        )
