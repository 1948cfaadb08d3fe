"""Puts pauses into kernels that run long, so that a prediction can be made in slices.

What a statement takes is estimated from its instructions, with every branch taken and every loop as long
as it can be. A kernel that is short altogether stays as it is: slices end between kernels too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from onnx2luau.backends.luau.instruction_costs import InstructionCosts
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import (
    Assign,
    Binary,
    Blank,
    Call,
    Comment,
    Directive,
    Do,
    EachFor,
    Field,
    If,
    Index,
    Local,
    LocalFunction,
    Name,
    Number,
    NumericFor,
    Return,
    Scope,
    Statement,
    TypeAlias,
    Unary,
    While,
)

PACING = "pacing"
SHORT = 400_000.0
"""Nanoseconds of a kernel that is left alone."""
GRAIN = 100_000.0
"""Nanoseconds between two pauses."""
FEW = 16
"""Rounds of a loop whose ends are computed: those of the taps of a window."""
PAUSE: Statement = Do(call(f"{PACING}.pause"))


def pace(
    functions: Sequence[LocalFunction],
    costs: InstructionCosts,
    most: int,
    others: Mapping[str, float] | None = None,
) -> tuple[LocalFunction, ...]:
    """Return the functions of a kernel, the last of which calls the others, with pauses where they run long.

    most: how often a loop over a table runs at most; others: the nanoseconds of functions
    that pause themselves.
    """
    estimate = _Estimate(costs, most, dict(others or {}))
    for function in functions:
        estimate.calls[function.name] = estimate.block(function.body)
    if estimate.calls[functions[-1].name] <= SHORT:
        return tuple(functions)
    return tuple(replace(each, body=_paced(each.body, estimate)[0]) for each in functions)


@dataclass
class _Estimate:
    """Nanoseconds of statements and expressions."""

    costs: InstructionCosts
    most: int
    calls: dict[str, float] = field(default_factory=dict)
    """Of the kernel's own functions."""

    def block(self, body: Sequence[Statement]) -> float:
        return sum(map(self.statement, body))

    def statement(self, statement: Statement) -> float:
        match statement:
            case NumericFor(_, first, last, body):
                inner = self.costs.loop + self.block(body)
                return self.expression(first) + self.expression(last) + self.rounds(statement) * inner
            case While(condition, body):
                return FEW * (self.costs.loop + self.expression(condition) + self.block(body))
            case EachFor(_, _, _, body):
                return self.most * (self.costs.loop + self.block(body))
            case If(condition, body, otherwise):
                return self.expression(condition) + max(self.block(body), self.block(otherwise))
            case Local(names, values):
                return len(names) * self.costs.copy + sum(map(self.expression, values))
            case Assign(target, value, operator):
                both = self.expression(target) * (2 if operator else 1) + self.expression(value)
                return both + (self.costs.arithmetic if operator else 0)
            case Do(Call(Name(name), _)) if name in self.calls:
                return self.costs.call + self.calls[name]
            case Scope(body):
                return self.block(body)
            case Do(inner):
                return self.expression(inner)
            case LocalFunction() | Return() | TypeAlias() | Comment() | Directive() | Blank():
                return 0
            case _:
                assert_never(statement)

    def rounds(self, loop: NumericFor) -> float:
        match loop.first, loop.last, loop.step:
            case Number(first), Number(last), Number(step):
                return max(0, (last - first) // step + 1)
            case _, Name(), Number(step):
                return self.most / step
        return FEW

    def expression(self, expression: object) -> float:
        if isinstance(expression, Name | Number | str):
            return 0  # most of what there is, so first
        inner = 0.0
        for name in getattr(expression, "__dataclass_fields__", ()):
            value = getattr(expression, name)
            inner += sum(map(self.expression, value if isinstance(value, tuple) else (value,)))
        match expression:
            case Index() | Field():
                return inner + self.costs.load
            case Binary() | Unary():
                return inner + self.costs.arithmetic
            case Call():
                return inner + self.costs.call
        return inner


def _paced(body: Sequence[Statement], estimate: _Estimate) -> tuple[tuple[Statement, ...], float]:
    """Return statements with pauses among them, and the nanoseconds from the last pause to the end."""
    result: list[Statement] = []
    since = 0.0
    for statement in body:
        taken = estimate.statement(statement)
        if since and since + taken > GRAIN:
            result.append(PAUSE)
            since = 0.0
        paced = _inside(statement, estimate) if taken > GRAIN else statement
        result.append(paced)
        since = since + taken if paced is statement else GRAIN
    return tuple(result), since


def _inside(statement: Statement, estimate: _Estimate) -> Statement:
    match statement:
        case If(_, inner, otherwise):
            return replace(
                statement, body=_paced(inner, estimate)[0], otherwise=_paced(otherwise, estimate)[0]
            )
        case NumericFor(variable, _, _, inner, Number(step)):
            return replace(statement, body=_round(variable, step, inner, estimate))
        case EachFor(variable, _, _, inner):
            return replace(statement, body=_round(variable, 1, inner, estimate))
        case Scope(inner):
            return replace(statement, body=_paced(inner, estimate)[0])
        case While(_, inner):
            # How often it runs is not known, so that it pauses in every round.
            return replace(statement, body=(PAUSE, *_paced(inner, estimate)[0]))
    # A function of the kernel, which pauses itself.
    return statement


def _round(
    variable: str, step: float, body: Sequence[Statement], estimate: _Estimate
) -> tuple[Statement, ...]:
    """Return the body of a loop: it pauses in every round, or in some of them if they are short."""
    taken = estimate.costs.loop + estimate.block(body)
    if taken > GRAIN:
        return _paced(body, estimate)[0]
    every = 2 ** max(0, int(GRAIN / taken).bit_length() - 1)
    if every == 1:
        return (PAUSE, *body)
    return (If(Binary("<", Binary("%", Name(variable), Number(every * step)), Number(step)), (PAUSE,)), *body)
