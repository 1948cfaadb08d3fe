"""A loop in Luau: numeric where the rounds are known, and as long as the condition holds elsewhere.

Golden kernels: loop.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from onnx2luau.backends.luau.emit.body_inputs import START, captured_constants, give
from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import times
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Name, Number
from onnx2luau.compiler.ir.ops.loop import Loop
from onnx2luau.compiler.ir.values import Value

FIRST = Number(1)


def match(op: Loop, site: Site) -> Match | None:
    """Each round costs what the body does; of how many rounds nothing is known, ten are expected."""
    if not site.is_rows:
        return None
    copied = sum(value.type.size for value in op.carried)
    return Match(op.rounds * (site.bodies[0].cost + site.elements(copied, 2)), partial(_emit, op))


def _emit(op: Loop, f: KernelFunction) -> None:
    (body,) = f.bodies
    given, made = f.body_tables(body)
    counter, *others = given
    carried, constants = others[: len(op.carried)], others[len(op.carried) :]
    give(f, op.carried, carried)
    give(f, captured_constants(op, f), constants)
    if op.exactly is not None:
        f.comment(f"{op.exactly} rounds of the body.")
        with f.loop("round", 0, op.exactly - 1) as number:
            f.assign(Index(counter, FIRST), number)
            f.run_body(body)
            _hand_on(op, f, made, carried)
            _stack(op, f, made, number)
    else:
        _while(op, f, counter, made, carried)
    for value, source, result in zip(op.carried, carried, f.results, strict=False):
        f.copy(source, result, value.type.size, START, START)


def _while(op: Loop, f: KernelFunction, counter: Name, made: Sequence[Name], carried: Sequence[Name]) -> None:
    (body,) = f.bodies
    number = f.local("round", Number(0))
    trips = f.local("most", _first(f, op.trips, "trips", math.inf))
    goes_on = f.local("goesOn", Binary("~=", _first(f, op.condition, "condition", 1), Number(0)))
    with f.while_(Binary("and", goes_on, Binary("<", number, trips))):
        f.assign(Index(counter, FIRST), number)
        f.run_body(body)
        f.assign(goes_on, Binary("~=", Index(made[0], FIRST), Number(0)))
        _hand_on(op, f, made, carried)
        f.assign(number, Number(1), "+")


def _first(f: KernelFunction, value: Value | None, hint: str, absent: float) -> Expression:
    return Number(absent) if value is None else Index(f.read(value, hint), FIRST)


def _hand_on(op: Loop, f: KernelFunction, made: Sequence[Name], carried: Sequence[Name]) -> None:
    for value, source, target in zip(op.carried, made[1:], carried, strict=False):
        f.copy(source, target, value.type.size, START, START)


def _stack(op: Loop, f: KernelFunction, made: Sequence[Name], number: Name) -> None:
    """Copy the slices of a round to their places."""
    count = len(op.carried)
    types = op.result_types()[count:]
    for type_, source, result in zip(types, made[1 + count :], f.results[count:], strict=True):
        size = type_.size // max(op.rounds, 1)
        f.copy(source, result, size, START, f.local("target", times(number, size)))
