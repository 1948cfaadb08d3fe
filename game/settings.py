"""settings.luau: which models a game offers."""

from __future__ import annotations

from collections.abc import Sequence

from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import (
    Blank,
    Comment,
    Constant,
    Directive,
    Expression,
    FunctionExpression,
    Number,
    Return,
    Statement,
    String,
    Table,
)
from onnx2luau.backends.luau.syntax.printer import print_statements
from onnx2luau.backends.luau.write.description import require
from onnx2luau.game.entries import Entry
from onnx2luau.version import VERSION

THRESHOLD = 0.6
"""The confidence under which an answer is "not sure"."""


def settings_text(entries: Sequence[Entry]) -> str:
    """Return the module, with the models in the order in which the game offers them."""
    settings = Table((Table(tuple(map(_entry, entries))), Number(THRESHOLD)), ("models", "threshold"))
    statements: tuple[Statement, ...] = (
        Directive("!strict"),
        Comment(f"Made by onnx2luau {VERSION}: the models that the game offers, and when it is not sure."),
        Blank(),
        Return((call("table.freeze", settings),)),
    )
    return print_statements(statements)


def _entry(entry: Entry) -> Table:
    opened = Return((require(f"models/{entry.name}/Model"),))
    fields: dict[str, Expression] = {
        "name": String(entry.name),
        "title": String(entry.title),
        "sourceHash": String(entry.source_hash),
        "paper": Number(entry.pixels.paper),
        "ink": Number(entry.pixels.ink),
        "isDistribution": Constant("true" if entry.is_distribution else "false"),
        "open": FunctionExpression((), (opened,), "any"),
    }
    return Table(tuple(fields.values()), tuple(fields))
