"""Predictions and loading in slices: the same numbers, in many steps where a network is large."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from onnx2luau import compile as compile_model
from onnx2luau.backends.luau.emit.pace import PAUSE, pace
from onnx2luau.backends.luau.instruction_costs import COSTS
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import (
    Call,
    Do,
    Index,
    LocalFunction,
    Name,
    Number,
    NumericFor,
    Statement,
)
from onnx2luau.backends.luau.syntax.printer import print_statements
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.proof.oracle import Oracle
from onnx2luau.source import Source
from tests.cases import floats, luau_text, make_model

SCRIPTS = Path(__file__).parent / "luau"


def dense_network(inputs: int, hidden: int) -> onnx.ModelProto:
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["h"], transB=1, name="hidden"),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", "v"], ["y"], transB=1, name="out"),
    ]
    constants = {
        "w": floats(hidden, inputs, seed=1) / np.float32(inputs**0.5),
        "b": floats(hidden, seed=2),
        "v": floats(7, hidden, seed=3) / np.float32(hidden**0.5),
    }
    return make_model(nodes, {"x": floats(1, inputs)}, ["y"], constants)


def conv_network() -> onnx.ModelProto:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["h"], pads=[1, 1, 1, 1], name="conv"),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Conv", ["r", "d"], ["s"], group=12, pads=[1, 1, 1, 1], name="depthwise"),
        helper.make_node("Exp", ["s"], ["e"], name="exp"),
        helper.make_node("MaxPool", ["e"], ["p"], kernel_shape=[3, 3], strides=[1, 1], name="pool"),
        helper.make_node("ReduceMean", ["p"], ["y"], axes=[2, 3], name="mean"),
    ]
    constants = {"w": floats(12, 3, 3, 3, seed=1) / 5, "d": floats(12, 1, 3, 3, seed=2) / 3}
    return make_model(nodes, {"x": floats(1, 3, 40, 40)}, ["y"], constants, opset=13)


NETWORKS = {
    "a small one": (dense_network(40, 60), 2, False),
    "dense": (dense_network(900, 1100), 8, True),
    "convolutions": (conv_network(), 10, True),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("encoding", ["base64", "table"])
def test_slices(name: str, encoding: str, lunes: dict[str, Lune], tmp_path: Path) -> None:
    model, fewest, is_large = NETWORKS[name]
    oracle = Oracle(Source(model, "slices", "", ""))
    shape = [extent.dim_value for extent in model.graph.input[0].type.tensor_type.shape.dim]
    inputs = [floats(*shape, seed=seed) for seed in (7, 8)]
    expected = [oracle.run({"x": x})["y"].ravel() for x in inputs]
    for target, lune in lunes.items():
        compile_model(model, tmp_path / target, target=target, encoding=encoding, verify=False)
        path = lune.require_path(tmp_path / target / "Model.luau", SCRIPTS)
        first, second = ([float(value) for value in x.ravel()] for x in inputs)
        answer = lune.call(SCRIPTS / "slices.luau", {"model": path, "first": first, "second": second})
        for key, right in (("first", 0), ("second", 1), ("instead", 1), ("refreshed", 0)):
            np.testing.assert_allclose(answer[key], expected[right], 1e-4, 1e-5, err_msg=f"{target} {key}")
        assert answer["steps"] >= fewest
        assert answer["loads"] > 1
        assert answer["isLoaded"]
        assert answer["dropped"].endswith("there is no prediction to go on with; begin one first")
        assert ("pacing.pause()" in luau_text(tmp_path / target)) == is_large


def test_what_begins_first_loads_first(client: Lune, tmp_path: Path) -> None:
    model = dense_network(30, 40)
    compile_model(model, tmp_path / "build", verify=False)
    x = floats(1, 30, seed=5)
    path = client.require_path(tmp_path / "build" / "Model.luau", SCRIPTS)
    answer = client.call(SCRIPTS / "lazy.luau", {"model": path, "input": [float(v) for v in x.ravel()]})
    expected = Oracle(Source(model, "lazy", "", "")).run({"x": x})["y"].ravel()
    np.testing.assert_allclose(answer["result"], expected, 1e-4, 1e-5)
    assert answer["steps"] > 3


def work(times: int) -> tuple[Statement, ...]:
    return tuple(Do(Call(Name("f"), (Index(Name("x"), Number(k)),))) for k in range(times))


def paced(*body: Statement) -> str:
    (function,) = pace([LocalFunction("kernel", (), body)], COSTS["client"], 1000)
    return re.sub(r"f\(x\[\d+\]\)\n\s*", "", print_statements(function.body))


def test_short_kernels_have_no_pauses() -> None:
    assert "pause" not in paced(NumericFor("i", Number(1), Number(100), work(20)))


def test_short_rounds_pause_now_and_then() -> None:
    text = paced(NumericFor("i", Number(0), Number(9998), work(2), Number(2)))
    found = re.search(r"if i % (\d+) < 2 then\n\t\tpacing.pause", text)
    assert found is not None
    # About 90 nanoseconds a round, and 100 microseconds from pause to pause.
    assert int(found[1]) // 2 in (512, 1024)


def test_long_rounds_pause_inside() -> None:
    inner = NumericFor("j", Number(1), Number(5000), work(2))
    text = paced(NumericFor("i", Number(1), Number(10), (inner,)))
    assert "\tfor j = 1, 5000 do\n\t\tif j % " in text


def test_loops_of_unknown_length_count_as_long() -> None:
    assert "pause" in paced(NumericFor("k", Number(1), Name("count"), work(20)))
    assert "pause" not in paced(NumericFor("k", Number(1), call("math.min", Name("a"), Name("b")), work(20)))


def test_statements_one_after_another() -> None:
    loop = NumericFor("i", Number(1), Number(40), work(40))
    (function,) = pace([LocalFunction("kernel", (), (loop,) * 20)], COSTS["client"], 1)
    pauses = [index for index, each in enumerate(function.body) if each == PAUSE]
    assert len(pauses) >= 10
