"""Printed expressions mean what their trees say: every pair of operators, grouped either way, asked of Luau."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from onnx2luau.backends.luau.syntax.expressions import PRECEDENCE, print_expression
from onnx2luau.backends.luau.syntax.nodes import Binary, Choice, Expression, Name, Number, Unary
from onnx2luau.backends.lune.lune import Lune

ARITHMETIC = ("+", "-", "*", "/", "//", "%", "^", "..")
NUMBERS = {"x": 9, "y": 7, "z": 3}
"""With these, it matters for every pair of which grouping changes the value how it is grouped."""
X, Y, Z = Name("x"), Name("y"), Name("z")


def spelt(expression: Expression) -> str:
    """Return an expression with parentheses around everything."""
    match expression:
        case Binary(operator, left, right):
            return f"({spelt(left)} {operator} {spelt(right)})"
        case Unary(operator, operand):
            return f"({operator} {spelt(operand)})"
        case Choice(condition, yes, no):
            return f"(if {spelt(condition)} then {spelt(yes)} else {spelt(no)})"
        case Number(value):
            return "(1 / 0)" if value == float("inf") else f"({value})"
        case Name(text):
            return text
    raise TypeError(expression)


def grouped(first: str, second: str) -> tuple[Expression, Expression]:
    """Return x `first` y `second` z, grouped to the left and to the right."""
    return Binary(second, Binary(first, X, Y), Z), Binary(first, X, Binary(second, Y, Z))


def trees() -> list[Expression]:
    """Return every operator in every other one, on every side."""
    found: list[Expression] = []
    for first, second in itertools.product(PRECEDENCE, PRECEDENCE):
        found += grouped(first, second)
    for operator, unary in itertools.product(PRECEDENCE, ("-", "not")):
        inside = Unary(unary, X)
        found += [Binary(operator, inside, Y), Binary(operator, Y, inside)]
        found.append(Unary(unary, Binary(operator, X, Y)))
    for operator, value in itertools.product(PRECEDENCE, (-2, float("inf"), -1.5)):
        found += [Binary(operator, Number(value), Y), Binary(operator, Y, Number(value))]
    choice = Choice(Binary("<", X, Y), X, Z)
    for operator in PRECEDENCE:
        found += [Binary(operator, choice, Y), Binary(operator, Y, choice)]
        found.append(Choice(Binary(operator, X, Y), Choice(Binary("<", X, Y), X, Z), choice))
    return [*found, Unary("-", Unary("-", X)), Unary("not", choice), Unary("-", choice)]


def values(lune: Lune, folder: Path, expressions: list[str]) -> list[str]:
    """Return what Luau makes of expressions, as text; an error has no value, but is one."""
    lines = [f"local {name}: any = {value}" for name, value in NUMBERS.items()]
    functions = [f"function() return {text} end," for text in expressions]
    body = [
        "return function(_arguments)",
        "local texts = {}",
        "for index, ask in asked do",
        "local ok, value = pcall(ask)",
        'texts[index] = if ok then type(value) .. " " .. tostring(value) else "an error"',
        "end",
        "return texts",
        "end",
    ]
    path = folder / "asked.luau"
    path.write_text("\n".join(["--!nonstrict", *lines, "local asked = {", *functions, "}", *body]))
    return list(lune.call(path, {}))


@pytest.fixture(scope="module")
def answers(client: Lune, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, str]]:
    """Return of each tree: how it is printed, what that is in Luau, and what it should be."""
    printed = [print_expression(tree) for tree in trees()]
    both = values(client, tmp_path_factory.mktemp("asked"), [*printed, *map(spelt, trees())])
    return list(zip(printed, both[: len(printed)], both[len(printed) :], strict=True))


def test_printed_expressions_mean_what_their_trees_say(answers: list[tuple[str, str, str]]) -> None:
    wrong = [f"{text}: {got} instead of {right}" for text, got, right in answers if got != right]
    assert not wrong, "\n".join(wrong)


def test_the_numbers_tell_groupings_apart(client: Lune, tmp_path: Path) -> None:
    """Otherwise, the test above would prove nothing."""
    pairs = list(itertools.product(ARITHMETIC, ARITHMETIC))
    texts = [spelt(tree) for pair in pairs for tree in grouped(*pair)]
    found = values(client, tmp_path, texts)
    alike = {pair for pair, left, right in zip(pairs, found[::2], found[1::2], strict=True) if left == right}
    # These are associative.
    assert alike <= {("+", "+"), ("*", "*"), ("+", "-"), ("*", "/"), ("..", "..")}
