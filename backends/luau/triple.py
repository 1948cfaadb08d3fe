"""Three samples at once: tiny layers whose every vector holds one number of each of three samples.

A weight is then a plain number in the code, and one multiplication and one addition serve three samples. Luau
multiplies by a constant in one instruction if it is among the first 256 of a function, so a function computes
no more outputs than that allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np

from onnx2luau.backends.luau.emit.constants import Constants
from onnx2luau.backends.luau.emit.function import Function
from onnx2luau.backends.luau.emit.kernel import Program
from onnx2luau.backends.luau.emit.names import identifier
from onnx2luau.backends.luau.emit.scalars import emit_scalar
from onnx2luau.backends.luau.instruction_costs import COSTS
from onnx2luau.backends.luau.plan.workspace import NUMBERS, VECTOR_TABLE, WIDTH
from onnx2luau.backends.luau.schedules.straight import cost_of_lines, literal
from onnx2luau.backends.luau.schedules.tiles import lane
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import (
    Binary,
    Blank,
    Call,
    Comment,
    Constant,
    Directive,
    Expression,
    FunctionExpression,
    Index,
    Local,
    LocalFunction,
    Name,
    Number,
    Parameter,
    Return,
    Statement,
    Table,
)
from onnx2luau.backends.luau.syntax.printer import print_statements
from onnx2luau.backends.luau.write.parts import LARGEST_FILE
from onnx2luau.compiler.ir.graph import Node
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.scalars import IDENTITY, Scalar, is_rectifier

MOST_NUMBERS = 230
"""Constants of a function that leave some room below 256."""
SAMPLES = ("first", "second", "third")


@dataclass(frozen=True)
class Triple:
    """The first layers of a model for three samples, as a module of its own."""

    file: str
    requires: tuple[str, ...]
    """Runtime modules that the function it returns is given."""


def emit_triple(chain: Sequence[Node], program: Program, constants: Constants) -> Triple | None:
    """Return how a model's first layers take three samples at once, or None if that would not be faster.

    `constants` are new ones, since the functions stand in a file of their own.
    """
    plan, last = program.plan, chain[-1]
    if plan.in_lanes(last.result) or not _is_faster(chain, program):
        return None
    taken = constants.taken
    layers = [node.op for node in chain if isinstance(node.op, Dense)]
    names = [program.names[node.result] for node in chain]
    sizes = [layers[0].weight.shape[1], *(layer.weight.shape[0] for layer in layers)]
    tables = [Name(identifier(f"{name} three", taken)) for name in ("inputs", *names)]
    statements: list[Statement] = [
        Local(
            (Parameter(table.text, VECTOR_TABLE),), (call("table.create", Number(size), Name("vector.zero")),)
        )
        for table, size in zip(tables, sizes, strict=True)
    ]
    calls = []
    for index, layer in enumerate(layers):
        after = layers[index + 1].before if index + 1 < len(layers) else IDENTITY
        for function in _layer(layer, after, names[index], program, constants, taken):
            statements += [function, Blank()]
            calls.append(Call(Name(function.name), (tables[index], tables[index + 1])))
    whole = _whole(layers, tables, sizes, calls, constants, taken)
    steps = 1 if plan.nodes[0].result == last.result else len(chain)
    description = Table(
        (
            Number(steps),
            Constant("true" if steps == len(plan.nodes) else "false"),
            Number(plan.slots[last.result]),
            Number(sizes[-1]),
            Name(whole.name),
        ),
        ("steps", "isWhole", "slot", "size", "run"),
    )
    body = (*statements, whole, Blank(), Return((description,)))
    assert constants.take() == ((), ())  # noqa: S101 - its weights stand in the code
    requires = tuple(sorted(constants.requires))
    native = [Directive("!native")] if program.options.target == "server" else []
    parameters = tuple(Parameter(name, "any") for name in requires)
    file = print_statements(
        [
            Directive("!strict"),
            *native,
            Directive("!optimize 2"),
            Comment("Three samples at once, written by onnx2luau: a vector holds a number of each of them."),
            *constants.written_notes(),
            Blank(),
            Return((FunctionExpression(parameters, body),)),
        ]
    )
    return Triple(file, requires) if len(file) < LARGEST_FILE else None


def _is_faster(chain: Sequence[Node], program: Program) -> bool:
    """Whether no more zeros are expected than three samples have in common."""
    if program.options.target == "server":
        return True
    each = COSTS["client"]
    layers = [
        (node.op, program.densities.get(node.result, 1.0)) for node in chain if isinstance(node.op, Dense)
    ]
    alone = sum(cost_of_lines(op, density, "client") for op, density in layers)
    together = sum(
        op.weight.type.size * 2 * each.arithmetic + op.weight.shape[1] * each.load for op, _ in layers
    )
    return together / len(SAMPLES) < alone


def _layer(
    op: Dense, after: Scalar, name: str, program: Program, constants: Constants, taken: set[str]
) -> Iterator[LocalFunction]:
    """Write the functions of a layer, each with some of the outputs."""
    outputs, inputs = op.weight.shape
    size = max(1, MOST_NUMBERS // (inputs + 1))
    for start in range(0, outputs, size):
        f = Function({"x", "y", *taken})
        x, y = Name("x"), Name("y")
        rows = range(start, min(start + size, outputs))
        weight = program.arrays[op.weight]
        bias = np.zeros(outputs, np.float32) if op.bias is None else program.arrays[op.bias]
        sums = [
            f.local("a", call("vector.create", *[literal(float(bias[row]))] * WIDTH), "vector")
            for row in rows
        ]
        value: Name | None = None
        for index in range(inputs):
            source = Index(x, Number(index + 1))
            if value is None:
                value = f.local("v", source, "vector")
            else:
                f.assign(value, source)
            for row, total in zip(rows, sums, strict=True):
                f.assign(total, Binary("*", value, literal(float(weight[row, index]))), "+")
        for row, total in zip(rows, sums, strict=True):
            with f.scope() if after != IDENTITY and not is_rectifier(after) else nullcontext():
                f.assign(Index(y, Number(row + 1)), _applied(f, constants, after, total))
        own = identifier(f"{name} three from {start + 1}", taken)
        yield LocalFunction(own, (Parameter("x", VECTOR_TABLE), Parameter("y", VECTOR_TABLE)), f.body)


def _applied(f: Function, constants: Constants, body: Scalar, total: Name) -> Expression:
    """Return a vector of what a scalar function makes of each lane."""
    if body == IDENTITY:
        return total
    if is_rectifier(body):
        # Of NaN and a number, interpreted code takes the first, native code the second: NaN passes both.
        return call("vector.max", call("vector.max", total, Name("vector.zero")), total)
    return call("vector.create", *(emit_scalar(f, constants, body, [lane(total, k)]) for k in range(WIDTH)))


def _whole(
    layers: Sequence[Dense],
    tables: Sequence[Name],
    sizes: Sequence[int],
    calls: Sequence[Call],
    constants: Constants,
    taken: set[str],
) -> LocalFunction:
    """Write the function that packs three inputs, runs the layers and takes the results apart."""
    results = [f"{sample}Result" for sample in SAMPLES]
    f = Function({*SAMPLES, *results, *taken})
    for index in range(1, sizes[0] + 1):
        numbers = [
            emit_scalar(f, constants, layers[0].before, [Index(Name(sample), Number(index))])
            for sample in SAMPLES
        ]
        f.assign(Index(tables[0], Number(index)), call("vector.create", *numbers))
    for each in calls:
        f.do(each)
    with f.loop("index", 1, sizes[-1]) as index_name:
        three = f.local("three", Index(tables[-1], index_name), "vector")
        for number, result in enumerate(results):
            value = emit_scalar(f, constants, layers[-1].activation, [lane(three, number)])
            f.assign(Index(Name(result), index_name), value)
    parameters = tuple(Parameter(name, NUMBERS) for name in (*SAMPLES, *results))
    return LocalFunction(identifier("three samples", taken), parameters, f.body)
