"""What a statement reads and declares, and how much it holds: found by one walk through its tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from onnx2luau.backends.luau.syntax.nodes import Blank, Comment, Local, Name, Statement

_COUNTED = frozenset(get_args(Statement)) - {Comment, Blank}


@dataclass(frozen=True)
class Facts:
    """What is known of one statement."""

    names: frozenset[str]
    """Those that it reads or assigns."""
    declared: frozenset[str]
    """The locals that it declares for those after it."""
    statements: int
    """Itself and those inside it."""
    inner: int
    """The locals that it and its blocks declare."""


def facts_of(statement: Statement) -> Facts:
    """Return the facts of a statement."""
    names: set[str] = set()
    statements = inner = 0
    for node in _walk(statement):
        if isinstance(node, Name):
            names.add(node.text)
        elif type(node) in _COUNTED:
            statements += 1
            inner += len(node.names) if isinstance(node, Local) else 0
    declared = {p.name for p in statement.names} if isinstance(statement, Local) else set()
    return Facts(frozenset(names), frozenset(declared), statements, inner)


def _walk(tree: Statement) -> Iterator[object]:
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple):
            waiting += node
        else:
            yield node
            waiting += [getattr(node, name) for name in getattr(node, "__dataclass_fields__", ())]
