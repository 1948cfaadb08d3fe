"""Builds the body of one Luau function, statement by statement, and keeps it within Luau's limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from onnx2luau.backends.luau.emit.names import identifier
from onnx2luau.backends.luau.syntax.nodes import (
    Assign,
    Call,
    Comment,
    Do,
    EachFor,
    Expression,
    If,
    Local,
    Name,
    Number,
    NumericFor,
    Parameter,
    Scope,
    Statement,
    While,
)

Bound = Expression | int


class Function:
    """Statements with scopes; locals get names that nothing around them has."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = set(taken)
        self._blocks: list[list[Statement]] = [[]]
        self._scopes: list[list[str]] = [[]]

    @property
    def body(self) -> tuple[Statement, ...]:
        """The statements of the outermost block."""
        return tuple(self._blocks[0])

    def name(self, hint: str) -> Name:
        """Return a fresh name for the innermost scope."""
        text = identifier(hint, self._taken)
        self._scopes[-1].append(text)
        return Name(text)

    def outer_name(self, hint: str) -> Name:
        """Return a fresh name for the whole function."""
        text = identifier(hint, self._taken)
        self._scopes[0].append(text)
        return Name(text)

    def local(self, hint: str, value: Expression, type_: str = "") -> Name:
        """Declare a local."""
        name = self.name(hint)
        self.add(Local((Parameter(name.text, type_),), (value,)))
        return name

    def named(self, hint: str, value: Expression) -> Expression:
        """Declare a local, unless the value is a name or a literal already."""
        return value if isinstance(value, Name | Number) else self.local(hint, value)

    def locals(self, hint: str, values: list[Expression], type_: str = "") -> list[Name]:
        """Declare several locals in one statement."""
        names = [self.name(hint) for _ in values]
        self.add(Local(tuple(Parameter(name.text, type_) for name in names), tuple(values)))
        return names

    def unpacked(self, hint: str, count: int, value: Expression, type_: str = "") -> list[Name]:
        """Declare `count` locals from one call that returns as many values."""
        names = [self.name(f"{hint}{index}") for index in range(1, count + 1)]
        self.add(Local(tuple(Parameter(name.text, type_) for name in names), (value,)))
        return names

    def assign(self, target: Expression, value: Expression, operator: str = "") -> None:
        """Write to a local or a table, or change it by `+=` and its like."""
        self.add(Assign(target, value, operator))

    def do(self, call: Call) -> None:
        """Call for the effect."""
        self.add(Do(call))

    def comment(self, text: str) -> None:
        """Add a comment."""
        self.add(Comment(text))

    @contextmanager
    def loop(self, hint: str, first: Bound, last: Bound, step: int = 1) -> Iterator[Name]:
        """Run what is emitted inside for every value of a new variable."""
        with self._block() as body:
            variable = self.name(hint)
            yield variable
        self.add(NumericFor(variable.text, _bound(first), _bound(last), tuple(body), Number(step)))

    @contextmanager
    def each(self, key: str, value: str, table: Expression) -> Iterator[tuple[Name, Name]]:
        """Run what is emitted inside for every element of a table that has no others than it should."""
        with self._block() as body:
            names = self.name(key), self.name(value)
            yield names
        self.add(EachFor(names[0].text, names[1].text, table, tuple(body)))

    @contextmanager
    def while_(self, condition: Expression) -> Iterator[None]:
        """Run what is emitted inside as long as a condition holds."""
        with self._block() as body:
            yield
        self.add(While(condition, tuple(body)))

    @contextmanager
    def when(self, condition: Expression) -> Iterator[None]:
        """Run what is emitted inside only if a condition holds."""
        with self._block() as body:
            yield
        self.add(If(condition, tuple(body)))

    @contextmanager
    def otherwise(self) -> Iterator[None]:
        """Run what is emitted inside only if the condition of the `when` just before does not hold."""
        with self._block() as body:
            yield
        before = self._blocks[-1].pop()
        if not isinstance(before, If):
            raise TypeError("there is no condition before this")
        self.add(replace(before, otherwise=tuple(body)))

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Give what is emitted inside locals of its own, which end with it."""
        with self._block() as body:
            yield
        self.add(Scope(tuple(body)))

    def add(self, statement: Statement) -> None:
        """Append a statement to the innermost block."""
        self._blocks[-1].append(statement)

    @contextmanager
    def _block(self) -> Iterator[list[Statement]]:
        body: list[Statement] = []
        self._blocks.append(body)
        self._scopes.append([])
        yield body
        self._blocks.pop()
        self._taken.difference_update(self._scopes.pop())


def _bound(bound: Bound) -> Expression:
    return Number(bound) if isinstance(bound, int) else bound
