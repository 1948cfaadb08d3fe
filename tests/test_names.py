"""Names in a model can hold anything: the output compiles, gives the same numbers, and runs none of it."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from onnx import helper

from onnx2luau.backends.luau.emit.names import RESERVED, identifier
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.driver import compile_model
from onnx2luau.request import Request
from tests.cases import Case, floats, make_model, prove
from tests.stylua import assert_formatted

NASTY = [
    'a"b',
    "]] error('run') --[[",
    '"; error("run") --',
    "\n error('run') \n",
    "\r\nos.exit(1)",
    "\\",
    '\\"',
    "--[[",
    "--!native",
    "`{error('run')}`",
    "end",
    "local",
    "tensors",
    "y",
    "x",
    "weights",
    "model",
    "3d conv",
    "été",
    "数字",
    "\u202e\u0000\x07",
    "a_b",
    "a b",
    "a-b",
    "",
    "n" * 10_000,
    "stylua: ignore",
]
NAMES = st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=["Cs"]), max_size=20))


@given(names=st.lists(NAMES, min_size=6, max_size=6))
@example(names=[NASTY[1]] * 6)
@example(names=[NASTY[3], NASTY[2], NASTY[4], NASTY[0], NASTY[9], NASTY[20]])
@example(names=["n" * 10_000, "m" * 10_000, "end", "local", "a b", "a_b"])
def test_any_name_compiles(client: Lune, names: list[str]) -> None:
    tested = _case(names)
    with tempfile.TemporaryDirectory(prefix="onnx2luau-test-") as folder:
        prove(tested, Path(folder), client)
        for path in Path(folder).rglob("*.luau"):
            text = path.read_text("utf-8")
            assert text.isascii()
            assert len(text) < 200_000
        assert "run" not in _code(Path(folder) / "Model.luau")


@given(text=NAMES, taken=st.sets(NAMES))
def test_identifiers_are_safe_and_new(text: str, taken: set[str]) -> None:
    before = set(taken)
    name = identifier(text, taken)
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)
    assert name not in RESERVED
    assert name not in before


@pytest.mark.parametrize("name", ['a"]] --', "été", "new\nline", "end", "a b.c", "n" * 200])
def test_any_file_name(name: str, tmp_path: Path, client: Lune) -> None:
    path = tmp_path / f"{name}.onnx"
    onnx.save(_case(list("abcdef")).model, path)
    compiled = compile_model(Request(model=path), tmp_path / "build")
    assert compiled.verification is not None
    assert compiled.manifest.source["file"] == path.name
    assert (tmp_path / "build" / "Model.luau").read_text("utf-8").isascii()
    del client


def test_every_file_is_formatted(tmp_path: Path) -> None:
    for index, names in enumerate((NASTY[:6], NASTY[6:12], NASTY[12:18], NASTY[-7:-1])):
        path = tmp_path / f"{index}.onnx"
        onnx.save(_case(names).model, path)
        compile_model(Request(model=path, verify=False), tmp_path / f"build{index}")
    assert_formatted(*tmp_path.glob("build*"))


def _case(names: list[str]) -> Case:
    """Return two dense layers; tensors get the names with a number where ONNX wants them distinct."""
    one, two, three, four, five, six = (f"{name}{' ' * i}" or "?" for i, name in enumerate(names, 1))
    x = floats(1, 4)
    nodes = [
        helper.make_node("MatMul", [one, two], [three], name=names[0]),
        helper.make_node("Relu", [three], [four], name=f"{names[1]}  "),
        helper.make_node("Gemm", [four, five], [six], name=f"{names[0]} "),
    ]
    model = make_model(nodes, {one: x}, [six, four], {two: floats(4, 3), five: floats(3, 2)})
    model.graph.name = names[2] or "g"
    return Case("names", model, {one: np.stack([x, x * 2])})


def _code(path: Path) -> str:
    """Return a Luau file without its strings and comments."""
    text = re.sub(r'"(\\.|[^"\\])*"', '""', path.read_text("utf-8"))
    return re.sub(r"--[^\n]*", "", text).replace("run = ", "")
