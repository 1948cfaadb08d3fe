"""Cuts a function that Luau would refuse, or not compile natively, into several.

Luau allows 200 locals and 255 registers a function, and native code about 2,000 straight-line operations.
No emitter counts: a body that is too long is cut between two of its outermost statements where no local of
its own is read later. The tables that a kernel works on are fetched anew in each part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from onnx2luau.backends.luau.emit.names import identifier
from onnx2luau.backends.luau.syntax.facts import Facts, facts_of
from onnx2luau.backends.luau.syntax.nodes import (
    Call,
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
        if part.locals > MOST_LOCALS:
            raise ModelError(f"the layer {name!r} needs more locals than a Luau function may have")
    if len(parts) == 1:
        return (LocalFunction(name, parameters, (*tables, *body)),)
    arguments = tuple(Name(parameter.name) for parameter in parameters)
    names = [identifier(f"{name} part {index}", taken) for index in range(1, len(parts) + 1)]
    functions = []
    rest = iter(body)
    for own, part in zip(names, parts, strict=True):
        read = [tables[index] for index in part.tables]
        functions.append(LocalFunction(own, parameters, (*read, *islice(rest, len(part.facts)))))
    calls = tuple(Do(Call(Name(own), arguments)) for own in names)
    return (*functions, LocalFunction(name, parameters, calls))


class _Part:
    """Neighbouring statements, with what decides whether there is room for more."""

    def __init__(self, tables: Mapping[str, int]) -> None:
        self.facts: list[Facts] = []
        self._tables = tables
        self._read: set[int] = set()
        self._statements = self._inner = self._declared = 0

    def add(self, facts: Facts) -> None:
        """Append a statement."""
        self.facts.append(facts)
        self._read |= self._tables_of(facts)
        self._statements += facts.statements
        self._inner += facts.inner
        self._declared += len(facts.declared)

    def has_room(self, facts: Facts) -> bool:
        """Whether a statement could be appended within Luau's limits."""
        read = len(self._read | self._tables_of(facts))
        declared = self._declared + len(facts.declared)
        locals_ = _alive(read, declared, self._inner + facts.inner)
        return self._statements + facts.statements <= MOST_STATEMENTS and locals_ <= MOST_LOCALS

    @property
    def locals(self) -> int:
        """About how many locals are alive at once."""
        return _alive(len(self._read), self._declared, self._inner)

    @property
    def tables(self) -> list[int]:
        """The numbers of the tables that it reads."""
        return sorted(self._read)

    def _tables_of(self, facts: Facts) -> set[int]:
        return {self._tables[name] for name in facts.names if name in self._tables}


def _alive(tables: int, declared: int, inner: int) -> int:
    # Locals of inner blocks end with them; a generous share of them is counted as alive at once.
    return tables + declared + min(inner - declared, MOST_LOCALS // 2)


def _parts(tables: Sequence[Local], body: Sequence[Statement]) -> list[_Part]:
    numbered = {parameter.name: index for index, table in enumerate(tables) for parameter in table.names}
    facts = [facts_of(statement) for statement in body]
    last_use = {name: index for index, each in enumerate(facts) for name in each.names}
    parts = [_Part(numbered)]
    cut = 0  # how many statements of the current part may be left behind
    needed = -1  # the last statement that reads a local of the current part
    for index, each in enumerate(facts):
        if cut and not parts[-1].has_room(each):
            stay, move = parts[-1].facts[:cut], parts[-1].facts[cut:]
            parts[-1:] = [_part_of(numbered, stay), _part_of(numbered, move)]
            cut, needed = 0, max((last_use[name] for fact in move for name in fact.declared), default=-1)
        parts[-1].add(each)
        needed = max((needed, *(last_use.get(name, -1) for name in each.declared)))
        if needed <= index:
            cut = len(parts[-1].facts)
    return parts


def _part_of(tables: Mapping[str, int], facts: Sequence[Facts]) -> _Part:
    part = _Part(tables)
    for each in facts:
        part.add(each)
    return part
