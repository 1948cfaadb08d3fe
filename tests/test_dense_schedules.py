"""Every schedule of dense layers on shapes that it finds hard, on both targets, against ONNX Runtime."""

from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.luau.schedules import schedules
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from onnx2luau.proof.oracle import Oracle
from onnx2luau.source import Source
from tests.cases import (
    Array,
    Case,
    floats,
    luau_text,
    make_model,
    oracle_outputs,
    prove,
    prove_luau,
)
from tests.dense_limits import takes
from tests.one_layer import ways

LAYER = "the Gemm"
SAMPLES = 4


def dense(
    name: str,
    inputs: int,
    outputs: int,
    *,
    rows: int = 1,
    activation: str = "",
    bias: bool = True,
    before: int = 0,
) -> Case:
    """Return a dense layer; its samples are half zeros, but for one of zeros alone and one without any.

    before: a layer of as many outputs whose table is used again, so that it is larger than the layer's input.
    """
    x = floats(SAMPLES, rows, inputs)
    x[:-2] *= floats(SAMPLES - 2, rows, inputs, seed=3) > 0
    x[-2] = 0
    constants: dict[str, Array] = {"w": floats(outputs, inputs, seed=1)}
    if bias:
        constants["b"] = floats(outputs, seed=2)
    nodes = []
    source = "x"
    if before:
        constants |= {"w0": floats(before, inputs, seed=4), "w1": floats(inputs, before, seed=5)}
        nodes += [
            helper.make_node("Gemm", ["x", "w0"], ["big"], transB=1),
            helper.make_node("Gemm", ["big", "w1"], ["small"], transB=1),
            helper.make_node("Softmax", ["small"], ["soft"], axis=-1),
        ]
        source = "soft"
    nodes.append(
        helper.make_node("Gemm", [source, "w", *(["b"] if bias else [])], ["h"], name=LAYER, transB=1)
    )
    nodes.append(helper.make_node(activation or "Identity", ["h"], ["y"]))
    return Case(name, make_model(nodes, {"x": x[0]}, ["y"], constants), {"x": x})


CASES = [
    dense("one to one", 1, 1),
    dense("one output", 13, 1, activation="Sigmoid"),
    dense("one input", 1, 5),
    dense("two lanes", 5, 2, activation="Relu"),
    dense("whole vectors", 7, 12, activation="Tanh"),
    dense("longest short column", 6, 30),
    dense("shortest long column", 6, 31, activation="Relu"),
    dense("a full function", 20, 258, activation="Relu"),
    dense("one vector too many", 20, 259, activation="Mish"),
    dense("several functions", 9, 700, activation="HardSwish", bias=False),
    dense("rows", 11, 10, rows=3, activation="Relu"),
    dense("rows in blocks", 5, 300, rows=2),
    dense("a table that held more", 6, 40, before=50),
    dense("more inputs than one call takes", 9001, 2),
]


def fits(schedule: str, tested: Case) -> bool:
    """Return whether a schedule is for the layer of a case."""
    (weight,) = (tensor for tensor in tested.model.graph.initializer if tensor.name == "w")
    outputs, inputs = weight.dims
    return takes(schedule, outputs, inputs, tested.samples["x"].shape[1])


def nonfinite(tested: Case) -> Case:
    """Return the same with infinite and undefined inputs."""
    x = tested.samples["x"].copy()
    x.reshape(SAMPLES, -1)[0, -1] = np.inf
    x.reshape(SAMPLES, -1)[1, 0] = np.nan
    return Case(f"{tested.name} not finite", tested.model, {"x": x})


TRIED = [*CASES, nonfinite(CASES[4]), nonfinite(CASES[7]), nonfinite(CASES[9])]
PAIRS = [
    (schedule, tested)
    for schedule in sorted(schedules("dense"))
    for tested in TRIED
    if fits(schedule, tested)
]


@pytest.mark.parametrize(("schedule", "tested"), PAIRS, ids=lambda each: getattr(each, "name", each))
def test_agrees_with_onnx_runtime(
    schedule: str, tested: Case, lunes: dict[str, Lune], tmp_path: Path
) -> None:
    for target, lune in lunes.items():
        prove(tested, tmp_path / target, lune, Options(target, schedules={LAYER: schedule}))


LARGER, SMALLER = CASES[8], CASES[12]
"""Layers of 259 outputs and of 40, whose weights are too many to stand in the code."""


@pytest.mark.parametrize("weights", ["f16", "int8"])
@pytest.mark.parametrize("schedule", [name for name in sorted(schedules("dense")) if fits(name, SMALLER)])
def test_reduced_weights(schedule: str, weights: str, lunes: dict[str, Lune], tmp_path: Path) -> None:
    tested = LARGER if fits(schedule, LARGER) else SMALLER
    for target, lune in lunes.items():
        options = Options(target, weights=weights, schedules={LAYER: schedule})
        prove(tested, tmp_path / target, lune, options)
        assert re.search(rf'weights\.\w+\("{weights}"', luau_text(tmp_path / target))


@pytest.mark.parametrize("schedule", sorted(schedules("dense")))
def test_infinite_weights_are_refused_or_right(schedule: str, client: Lune, tmp_path: Path) -> None:
    """A skipped zero would hide the NaN that an infinite weight makes of it."""
    weight = floats(3, 4)
    weight[1, 2] = np.inf
    x = np.zeros((1, 4), np.float32)
    node = helper.make_node("Gemm", ["x", "w"], ["y"], name=LAYER, transB=1)
    tested = Case("infinite", make_model([node], {"x": x}, ["y"], {"w": weight}), {"x": x[None]})
    graph = run_pipeline(import_model(tested.model, "infinite", allow_nonfinite=True))
    expected = oracle_outputs(Oracle(Source(tested.model, "infinite", "", "")), tested.samples)
    assert np.isnan(expected["y"]).any()
    refusal = pytest.raises(UsageError, match="would not be right")
    with nullcontext() if schedule in ways(graph, LAYER) else refusal:
        options = Options(schedules={LAYER: schedule})
        prove_luau(graph, tested.samples, expected, tmp_path / "own", client, options)
    prove_luau(graph, tested.samples, expected, tmp_path / "chosen", client, Options())
