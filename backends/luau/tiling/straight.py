"""Tiny layers without loops and tables: a line for each product, its weights as vectors in the code.

Three outputs share a vector. A constant vector costs no more than a look into a table, and the sums of one
layer stay in locals until the next one has read their lanes.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

import numpy as np

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.scalars import emit_scalar
from onnx2luau.backends.luau.emit.singles import shortest_decimal
from onnx2luau.backends.luau.instruction_costs import COSTS
from onnx2luau.backends.luau.program import WIDTH, Site
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import Binary, Call, Expression, Index, Name, Number, Unary
from onnx2luau.backends.luau.tiling.live import Constants, dense_constants
from onnx2luau.backends.luau.tiling.tiles import activate, lane, store
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.scalars import IDENTITY, is_rectifier
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value

WIDEST = 32
"""Inputs and outputs of a layer: those of a game character's brain. The code of wider ones would be long."""
WORTH_A_TEST = 3
"""Vectors of a column from which on it pays to ask whether its input is zero."""
NEARLY_ALL = 0.9


def tiny_constants(op: Dense, site: Site) -> Constants | None:
    """Return a layer's numbers if it is small enough to be written out, and zeros may be left out."""
    if not op.is_single or max(op.weight.shape) > WIDEST:
        return None
    return dense_constants(op, site)


def cost_of_lines(op: Dense, density: float, target: str) -> float:
    """Return the nanoseconds of a layer: a constant and two operations for each vector of a live input."""
    each = COSTS[target]
    outputs, inputs = op.weight.shape
    vectors = -(-outputs // WIDTH)
    live = density * inputs * vectors * (each.copy + 2 * each.arithmetic)
    return live + inputs * (each.load + each.test) + outputs * 2 * each.load


def read_inputs(f: KernelFunction, x: Value) -> list[Expression]:
    """Read a row at once: numbers as locals, or the lanes of local vectors."""
    table = f.read(x)
    size = x.type.size
    if f.in_lanes(x):
        return lanes_of(f.unpacked("s", -(-size // WIDTH), call("table.unpack", table), "vector"), size)
    return [*f.unpacked("x", size, call("table.unpack", table, Number(1), Number(size)))]


def lanes_of(vectors: Sequence[Name], count: int) -> list[Expression]:
    """Return the numbers that vectors hold."""
    return [lane(vectors[index // WIDTH], index % WIDTH) for index in range(count)]


def add_lines(
    op: Dense, known: Constants, f: KernelFunction, inputs: Sequence[Expression], density: float
) -> list[Name]:
    """Write a layer; return its sums: local vectors."""
    weight, bias = known.weight, known.bias
    f.constants.note_size(weight.nbytes + (0 if bias is None else bias.nbytes))
    outputs = len(weight)
    starts = np.zeros(outputs, np.float32) if bias is None else bias
    firsts = range(0, outputs, WIDTH)
    sums = [f.local("a", _vector(starts[first : first + WIDTH]), "vector") for first in firsts]
    value: Name | None = None
    for index, source in enumerate(inputs):
        if isinstance(source, Name):
            value = source
        elif value is None or isinstance(inputs[index - 1], Name):
            value = f.local("v", source)
        else:
            f.assign(value, source)
        _add_column(op, f, weight[:, index], value, sums, density)
    return sums


def _add_column(
    op: Dense, f: KernelFunction, column: Array, value: Name, sums: Sequence[Name], density: float
) -> None:
    def add(factor: Name) -> None:
        for number, total in enumerate(sums):
            weights = column[number * WIDTH : (number + 1) * WIDTH]
            f.assign(total, Binary("*", _vector(weights), factor), "+")

    if is_rectifier(op.before):
        # Written so that NaN goes on.
        with f.when(Unary("not", Binary("<=", value, Number(0)))):
            add(value)
        return
    with ExitStack() as blocks:
        if op.before != IDENTITY:
            blocks.enter_context(f.scope())
            value = f.local("v", emit_scalar(f, f.constants, op.before, [value]))
        if len(sums) >= WORTH_A_TEST and density <= NEARLY_ALL:
            blocks.enter_context(f.when(Binary("~=", value, Number(0))))
        add(value)


def _vector(numbers: Array) -> Call:
    return call("vector.create", *(literal(float(number)) for number in (*numbers, 0, 0)[:WIDTH]))


def literal(value: float) -> Number:
    """Return a number that becomes the same single."""
    short = shortest_decimal(value)
    return Number(short if float(np.float32(short)) == value else value)


def finish_lines(op: Dense, f: KernelFunction, sums: Sequence[Name]) -> None:
    """Write the results of the last layer into their table."""
    if f.result_in_lanes:
        for number, total in enumerate(sums, 1):
            f.assign(Index(f.result, Number(number)), total)
        return
    outputs = op.weight.shape[0]
    places = [Number(output) for output in range(1, outputs + 1)]
    store(f, op.activation, list(zip(places, lanes_of(sums, outputs), strict=True)))
    activate(f, op.activation, outputs)
