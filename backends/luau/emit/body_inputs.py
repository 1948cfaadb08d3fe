"""What a body is given before it runs: what it captures, where that is a constant, and its first values."""

from __future__ import annotations

from collections.abc import Sequence

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.syntax.nodes import Name, Number
from onnx2luau.compiler.ir.bodied import Bodied
from onnx2luau.compiler.ir.values import Value

START = Number(0)


def give(f: KernelFunction, values: Sequence[Value], tables: Sequence[Name]) -> None:
    """Copy tensors from outside into tables of a body."""
    for value, table in zip(values, tables, strict=True):
        f.copy(f.read(value, value.name), table, value.type.size, START, START)


def captured_constants(op: Bodied, f: KernelFunction) -> list[Value]:
    """Return the constants that a body captures, in order: it has tables of its own for them."""
    return [value for value in op.captured if f.site.array(value) is not None]
