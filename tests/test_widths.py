"""Dense layers of every width, in every schedule that takes them: files stay small, and answers right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from onnx2luau.backends.luau.options import TARGETS, Options
from onnx2luau.backends.luau.schedules import schedules
from onnx2luau.backends.luau.scheduling import schedule
from onnx2luau.backends.luau.write.module import emit_module
from onnx2luau.backends.luau.write.parts import LARGEST_FILE
from onnx2luau.backends.luau.write.sample import Sample
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from tests.cases import Case, floats, make_model, prove
from tests.dense_limits import takes

LAYER = "the Gemm"
WIDTHS = (*range(1, 21), 32, 60, *range(85, 88), *range(255, 260), 775, 1000, 3096, 6625, 10_000, 50_000)
RUN = (1, 20, 86, 259, 775, 6625)
"""Of these, it is asked what Luau makes of them."""
INPUTS = (1, 2, 33, 20_000)


def dense(inputs: int, outputs: int, activation: str = "Gelu") -> Case:
    """Return a dense layer with an activation of many characters; every other input is zero."""
    x = floats(2, 1, inputs) * (np.arange(inputs) % 2 == 0)
    weight = floats(outputs, inputs, seed=1, scale=inputs**-0.5)
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["h"], name=LAYER, transB=1),
        helper.make_node(activation, ["h"], ["y"], name="activation"),
    ]
    model = make_model(nodes, {"x": x[0]}, ["y"], {"w": weight, "b": floats(outputs, seed=2)})
    return Case(f"{inputs} to {outputs}", model, {"x": x})


def files_of(tested: Case, options: Options) -> dict[str, str]:
    """Return the files of a build by path."""
    graph = run_pipeline(import_model(tested.model, tested.name))
    zeros = [
        tuple(np.zeros(port.value.shape, np.float32) for port in ports)
        for ports in (graph.inputs, graph.outputs)
    ]
    module = emit_module(
        schedule(graph, options), options, Sample(zeros[0], zeros[1], (0.0,) * len(zeros[1]))
    )
    return {**module.files, "Model.luau": module.model_file(["A test"], {})}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("schedule", [None, *sorted(schedules("dense"))])
def test_files_stay_small(schedule: str | None, target: str) -> None:
    chosen = {LAYER: schedule} if schedule else {}
    for width in WIDTHS:
        if not takes(schedule or "", width, 3):
            continue
        for path, text in files_of(dense(3, width), Options(target, schedules=chosen)).items():
            assert len(text) < LARGEST_FILE, f"{width} outputs: {path}"


@pytest.mark.parametrize("outputs", RUN)
@pytest.mark.parametrize("schedule", sorted(schedules("dense")))
def test_many_outputs(schedule: str, outputs: int, lunes: dict[str, Lune], tmp_path: Path) -> None:
    if not takes(schedule, outputs, 3):
        return
    for target, lune in lunes.items():
        options = Options(target, schedules={LAYER: schedule})
        prove(dense(3, outputs), tmp_path / target, lune, options)


def test_the_widest(lunes: dict[str, Lune], tmp_path: Path) -> None:
    for target, lune in lunes.items():
        prove(dense(3, 50_000, "Relu"), tmp_path / target, lune)


@pytest.mark.parametrize("inputs", INPUTS)
@pytest.mark.parametrize("schedule", sorted(schedules("dense")))
def test_many_inputs(schedule: str, inputs: int, lunes: dict[str, Lune], tmp_path: Path) -> None:
    if not takes(schedule, 5, inputs):
        return
    for target, lune in lunes.items():
        options = Options(target, schedules={LAYER: schedule})
        prove(dense(inputs, 5), tmp_path / target, lune, options)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("outputs", [1032, 1100])
@pytest.mark.parametrize("weights", ["f32", "f16", "int8"])
def test_repeated_blocks(
    outputs: int, rows: int, weights: str, lunes: dict[str, Lune], tmp_path: Path
) -> None:
    """Blocks of the same size share a function, whatever their weights are stored as and for each row."""
    tested = dense(7, outputs)
    if rows > 1:
        x = np.repeat(tested.samples["x"], rows, axis=1)
        model = make_model(
            list(tested.model.graph.node),
            {"x": x[0]},
            ["y"],
            {"w": floats(outputs, 7, seed=1), "b": floats(outputs, seed=2)},
        )
        tested = Case(tested.name, model, {"x": x})
    for target, lune in lunes.items():
        options = Options(target, weights, schedules={LAYER: "registers"})
        prove(tested, tmp_path / target, lune, options)
