"""Ops answer for themselves: no pass, cost, rounding or report tells kinds of ops apart by a list of classes."""

from __future__ import annotations

import ast
import inspect
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.ops import all_ops
from onnx2luau.compiler.ir.weighted import Weighted

ROOT = Path(__file__).parents[1]
CLASSES = {kind.__name__ for kind in all_ops().values()}
FILES = sorted(
    path
    for pattern in (
        "compiler/*.py",
        "src/onnx2luau/*.py",
        "src/onnx2luau/proof/*.py",
        "compiler/passes/*.py",
        "compiler/ir/*.py",
        "backends/numpy/*.py",
        "backends/luau/weights/rounding.py",
        "backends/luau/program/*.py",
        "backends/luau/scheduling/*.py",
        "backends/luau/plan/*.py",
        "backends/luau/write/*.py",
        "backends/luau/weights/*.py",
    )
    for path in ROOT.glob(pattern)
)


def named(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and each.id in CLASSES}


def asked(function: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """Yield what is asked for its kind in a function, and the ops it is asked for."""
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Name(id="isinstance"), args=[subject, kinds]):
                yield ast.unparse(subject), named(kinds)
            case ast.Match(subject=subject, cases=cases):
                patterns = {name for case in cases for name in named(case.pattern)}
                yield ast.unparse(subject), patterns


def lists(text: str) -> list[str]:
    """Return where one thing is compared with several ops."""
    found = []
    for function in ast.walk(ast.parse(text)):
        if not isinstance(function, ast.FunctionDef):
            continue
        kinds: dict[str, set[str]] = defaultdict(set)
        for subject, names in asked(function):
            kinds[subject] |= names
        found += [f"{function.name}: {what}" for what, names in kinds.items() if len(names) > 1]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_list_of_ops(path: Path) -> None:
    assert lists(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "body",
    [
        "return isinstance(op, Dense | Conv)",
        "return isinstance(op, (Dense, Conv))",
        "if isinstance(op, Dense): return 1\n    if isinstance(op, Conv): return 2",
        "match op:\n        case Dense() | Conv(): return 1",
        "match op:\n        case Dense(x=x): return 1\n        case Conv(): return 2",
    ],
)
def test_a_list_is_found(body: str) -> None:
    assert lists(f"def f(op):\n    {body}") == ["f: op"]


def test_every_op_with_weights_is_weighted() -> None:
    """Or what rounds, counts and refuses weights would pass it over."""
    for kind in all_ops().values():
        has_weights = kind.weights is not Op.weights
        assert has_weights == issubclass(kind, Weighted) or "weights" in vars(kind)
        assert ("weight" in inspect.signature(kind).parameters) == has_weights
