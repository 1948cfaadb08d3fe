"""Every pass: the textual form before and after, written by hand."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import tests.passes
from onnx2luau.compiler.ir.check import check
from onnx2luau.compiler.ir.text import parse, print_graph
from onnx2luau.compiler.passes import PIPELINE, run_pipeline
from tests.rewrites import Rewrite, graph

PASSES = {**{rewrite.__name__: rewrite for rewrite in PIPELINE}, "pipeline": run_pipeline}
REWRITES: dict[str, list[Rewrite]] = {
    entry.name: importlib.import_module(f"tests.passes.{entry.name}").REWRITES
    for entry in pkgutil.iter_modules(tests.passes.__path__)
}
EACH = [(name, rewrite) for name, rewrites in REWRITES.items() for rewrite in rewrites]


@pytest.mark.parametrize(("name", "rewrite"), EACH, ids=[f"{name}: {rewrite.name}" for name, rewrite in EACH])
def test_rewrites(name: str, rewrite: Rewrite) -> None:
    before = parse(graph(rewrite.before))
    assert print_graph(before) == graph(rewrite.before)
    after = check(PASSES[name](before))
    assert print_graph(after) == graph(rewrite.after or rewrite.before)
    assert parse(print_graph(after)) == after


def test_every_pass_is_covered() -> None:
    assert set(REWRITES) == set(PASSES)
