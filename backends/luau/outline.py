"""Cuts a function that Luau would refuse, or not compile natively, into several.

Luau allows 200 locals and 255 registers a function, and native code about 2,000 straight-line operations.
No emitter counts: a body that is too long is cut between two of its outermost statements where no local of
its own is read later. The tables that a kernel works on are fetched anew in each part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass

from onnx2luau.backends.luau.names import identifier
from onnx2luau.backends.luau.syntax.nodes import (
    Blank,
    Call,
    Comment,
    Do,
    Local,
    LocalFunction,
    Name,
    Parameter,
    Statement,
)
from onnx2luau.compiler.errors import ModelError

MOST_LOCALS = 150
MOST_STATEMENTS = 1500


def outline(
    name: str,
    parameters: tuple[Parameter, ...],
    tables: Sequence[Local],
    body: Sequence[Statement],
    taken: set[str],
) -> tuple[LocalFunction, ...]:
    """Return the functions in the order they must stand in, the one called `name` last.

    `tables` are locals that depend on the parameters alone; each part declares those it reads. ModelError
    when a part that can't be cut is beyond Luau's limits.
    """
    parts = _parts(tables, body)
    for part in parts:
        if _locals(tables, part) > MOST_LOCALS:
            raise ModelError(f"the layer {name!r} needs more locals than a Luau function may have")
    if len(parts) == 1:
        return (LocalFunction(name, parameters, (*tables, *body)),)
    arguments = tuple(Name(parameter.name) for parameter in parameters)
    names = [identifier(f"{name} part {index}", taken) for index in range(1, len(parts) + 1)]
    functions = [
        LocalFunction(own, parameters, (*_read_by(tables, part), *part))
        for own, part in zip(names, parts, strict=True)
    ]
    calls = tuple(Do(Call(Name(own), arguments)) for own in names)
    return (*functions, LocalFunction(name, parameters, calls))


def _parts(tables: Sequence[Local], body: Sequence[Statement]) -> list[list[Statement]]:
    # What each statement and all after it read.
    later: list[set[str]] = [set()]
    for statement in reversed(body):
        later.append(later[-1] | mentioned(statement))
    later.reverse()
    parts: list[list[Statement]] = [[]]
    cut = 0  # how many statements of the current part may be left behind
    for index, statement in enumerate(body):
        current = parts[-1]
        if cut and _is_full(tables, [*current, statement]):
            parts[-1], rest = current[:cut], current[cut:]
            parts.append(rest)
            current, cut = rest, 0
        current.append(statement)
        if not _declared(current) & later[index + 1]:
            cut = len(current)
    return [part for part in parts if part] or [[]]


def _is_full(tables: Sequence[Local], part: Sequence[Statement]) -> bool:
    statements = sum(
        isinstance(each, Statement) and not isinstance(each, Comment | Blank) for each in _walk(part)
    )
    return statements > MOST_STATEMENTS or _locals(tables, part) > MOST_LOCALS


def _locals(tables: Sequence[Local], part: Sequence[Statement]) -> int:
    inner = sum(len(each.names) for each in _walk(part) if isinstance(each, Local))
    outer = len(_declared(part))
    # Locals of inner blocks end with them; a generous share of them is counted as alive at once.
    return len(_read_by(tables, part)) + outer + min(inner - outer, MOST_LOCALS // 2)


def _read_by(tables: Sequence[Local], part: Sequence[Statement]) -> list[Local]:
    read = mentioned(part)
    return [table for table in tables if any(parameter.name in read for parameter in table.names)]


def _declared(statements: Sequence[Statement]) -> set[str]:
    return {p.name for each in statements if isinstance(each, Local) for p in each.names}


def mentioned(node: object) -> set[str]:
    """Return every name that a tree reads or assigns."""
    return {each.text for each in _walk(node) if isinstance(each, Name)}


def _walk(node: object) -> Iterator[object]:
    yield node
    if isinstance(node, list | tuple):
        for item in node:
            yield from _walk(item)
    elif is_dataclass(node) and not isinstance(node, type):
        for entry in fields(node):
            yield from _walk(getattr(node, entry.name))
