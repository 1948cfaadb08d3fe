"""Slices and transposes that are read in place: whoever reads them finds the right numbers, and no others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import NodeProto, helper

import onnx2luau
from onnx2luau.backends.luau.options import TARGETS, Options
from onnx2luau.backends.luau.program import View
from onnx2luau.backends.luau.scheduling import schedule
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from tests.cases import Array, Case, floats, make_model, prove


def case(name: str, nodes: list[NodeProto], x: Array, **constants: Array) -> Case:
    return Case(name, make_model(nodes, {"x": x}, ["y"], constants), {"x": x[None]})


def cut(tensor: str, result: str, start: int, end: int, axis: int, step: int = 1) -> list[NodeProto]:
    """Return a slice, its numbers as constants of their own."""
    numbers = dict(zip("sead", (start, end, axis, step), strict=True))
    made = [
        helper.make_node("Constant", [], [f"{result}_{key}"], value_ints=[number])
        for key, number in numbers.items()
    ]
    inputs = [tensor, *(f"{result}_{key}" for key in "sead")]
    return [*made, helper.make_node("Slice", inputs, [result], result)]


node = helper.make_node
SQUARE = floats(1, 2, 3, 4)
READERS = {
    "backwards": case("backwards", [*cut("x", "c", -1, -5, 3, -1), node("Exp", ["c"], ["y"])], SQUARE),
    "view of a view": case(
        "view of a view",
        [
            node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]),
            *cut("t", "c", 1, 4, 1, 2),
            node("Exp", ["c"], ["y"]),
        ],
        SQUARE,
    ),
    "mean": case(
        "mean",
        [*cut("x", "c", 1, 30, 1, 2), node("ReduceMean", ["c", "a"], ["m"]), node("Sub", ["x", "m"], ["y"])],
        floats(2, 30),
        a=np.array([1]),
    ),
    "product": case(
        "product",
        [
            node("Transpose", ["x"], ["t"], perm=[0, 1, 3, 2]),
            *cut("x", "c", 2, -5, 2, -1),
            node("MatMul", ["c", "t"], ["y"]),
        ],
        SQUARE,
    ),
    "the first rows": case(
        "the first rows",
        [*cut("x", "c", 0, 1, 0), node("Gemm", ["c", "w"], ["y"])],
        floats(2, 8),
        w=floats(8, 5),
    ),
    "the first numbers": case(
        "the first numbers",
        [*cut("x", "c", 0, 40, 0), node("Reshape", ["c", "s"], ["r"]), node("Gemm", ["r", "w"], ["y"])],
        floats(60),
        s=np.array([1, 40]),
        w=floats(40, 5),
    ),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", READERS)
def test_readers(name: str, target: str, tmp_path: Path, lunes: dict[str, Lune]) -> None:
    graph = run_pipeline(import_model(READERS[name].model, name))
    assert any(isinstance(layout, View) for layout in schedule(graph, Options(target)).layouts.values())
    prove(READERS[name], tmp_path, lunes[target])


@pytest.mark.parametrize("target", TARGETS)
def test_an_output_has_a_table_of_its_own(target: str, tmp_path: Path, lunes: dict[str, Lune]) -> None:
    """The first part of a table is not given out with the rest of it."""
    nodes = [
        node("Tanh", ["x"], ["t"]),
        *cut("t", "c", 0, 2, 0),
        node("Reshape", ["c", "s"], ["y"]),
        node("ReduceMax", ["t", "a"], ["z"]),
    ]
    x = floats(4, 3)
    model = make_model(nodes, {"x": x}, ["y", "z"], {"s": np.array([6]), "a": np.array([0])})
    prove(Case("lead", model, {"x": x[None]}), tmp_path, lunes[target])


def test_the_proof_counts_the_numbers_of_an_output(tmp_path: Path) -> None:
    model = make_model([node("Exp", ["x"], ["y"])], {"x": floats(2, 3)}, ["y"])
    build = onnx2luau.compile(model, tmp_path / "build")
    path = tmp_path / "build" / "Model.luau"
    text = path.read_text()
    assert text.count("\tfor index = 1, 6 do\n") == 1
    path.write_text(text.replace("\tfor index = 1, 6 do\n", "\ty[7] = 0\n\tfor index = 1, 6 do\n"))
    with pytest.raises(Exception, match='the output "y" has 7 numbers, not 6'):
        build.verify(floats(2, 2, 3))
