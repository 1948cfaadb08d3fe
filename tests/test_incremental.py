"""Sessions whose input changes number by number: every refresh against ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from onnx2luau import compile as compile_model
from onnx2luau.backends.luau.schedules import schedules
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.proof.oracle import Oracle
from onnx2luau.source import Source
from tests.cases import Array, floats, make_model
from tests.dense_limits import takes

SCRIPT = Path(__file__).parent / "luau" / "changes.luau"
INPUTS = 49
REFRESH = (0.0, 0.0)
Changes = list[tuple[float, float]]


def network(outputs: int = 40, *, is_image: bool = False) -> onnx.ModelProto:
    """Return two dense layers, behind a convolution if the input is an image."""
    constants: dict[str, Array] = {
        "w": floats(outputs, INPUTS, seed=1) / 4,
        "b": floats(outputs, seed=2),
        "v": floats(5, outputs, seed=3) / 8,
    }
    nodes = []
    if is_image:
        constants |= {"k": floats(1, 1, 3, 3, seed=4), "shape": np.array([1, INPUTS])}
        nodes = [
            helper.make_node("Conv", ["x", "k"], ["c"], pads=[1, 1, 1, 1]),
            helper.make_node("Reshape", ["c", "shape"], ["flat"]),
        ]
    nodes += [
        helper.make_node("Gemm", ["flat" if is_image else "x", "w", "b"], ["h"], transB=1, name="first"),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", "v"], ["y"], transB=1),
    ]
    return make_model(nodes, {"x": floats(*((1, 1, 7, 7) if is_image else (1, INPUTS)))}, ["y"], constants)


def play(
    model: onnx.ModelProto,
    changes: Changes,
    tmp_path: Path,
    lune: Lune,
    *,
    start: Array | None = None,
    **options: object,
) -> None:
    """Assert that a session agrees with ONNX Runtime at every refresh."""
    compile_model(model, tmp_path / lune.target, target=lune.target, **options)
    np.array(changes, "<f8").tofile(tmp_path / "changes.bin")
    lune.call(
        SCRIPT,
        {
            "model": lune.require_path(tmp_path / lune.target / "Model.luau", SCRIPT.parent),
            "changes": str(tmp_path / "changes.bin"),
            "results": str(tmp_path / "results.bin"),
            "start": None if start is None else [float(value) for value in start],
        },
    )
    oracle = Oracle(Source(model, "changes", "", ""))
    values = np.zeros(INPUTS, np.float32) if start is None else start.astype(np.float32)
    expected = []
    shape = [extent.dim_value for extent in model.graph.input[0].type.tensor_type.shape.dim]
    for index, value in changes:
        if index:
            values[int(index) - 1] = value
        else:
            expected.append(oracle.run({"x": values.reshape(shape)})["y"].ravel())
    actual = np.fromfile(tmp_path / "results.bin", "<f8").reshape(len(expected), -1)
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5, equal_nan=True)


def strokes(count: int, longest: int, seed: int, scale: float = 1.0) -> Changes:
    """Return random changes, refreshed after every few of them."""
    random = np.random.default_rng(seed)
    changes: Changes = []
    while len(changes) < count:
        for _ in range(random.integers(0, longest + 1)):
            value = float(np.float32(random.choice([0.0, 1.0, random.normal() * scale])))
            changes.append((float(random.integers(1, INPUTS + 1)), value))
        changes.append(REFRESH)
    return changes


@pytest.mark.parametrize(
    ("schedule", "outputs"),
    [
        (schedule, outputs)
        for schedule in sorted(schedules("dense"))
        for outputs in (40, 300)
        if takes(schedule, outputs, INPUTS)
    ],
)
def test_every_schedule(schedule: str, outputs: int, lunes: dict[str, Lune], tmp_path: Path) -> None:
    for lune in lunes.values():
        changes = strokes(600, 12, seed=outputs)
        play(network(outputs), changes, tmp_path, lune, start=floats(INPUTS), schedules={"first": schedule})


def test_before_any_prediction_all_is_zero(lunes: dict[str, Lune], tmp_path: Path) -> None:
    for lune in lunes.values():
        play(network(), [REFRESH, *strokes(300, 6, seed=1)], tmp_path, lune)


def test_models_that_do_not_begin_with_a_dense_layer(client: Lune, tmp_path: Path) -> None:
    play(network(is_image=True), strokes(200, 6, seed=2), tmp_path, client)


@pytest.mark.parametrize("schedule", ["columns", "registers", "unrolled"])
def test_sums_of_which_a_part_of_a_tensor_is_made(
    schedule: str, lunes: dict[str, Lune], tmp_path: Path
) -> None:
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["h"], transB=1, name="first"),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Concat", ["x", "r"], ["y"], axis=1),
    ]
    constants = {"w": floats(40, INPUTS, seed=1) / 4, "b": floats(40, seed=2)}
    model = make_model(nodes, {"x": floats(1, INPUTS)}, ["y"], constants)
    for lune in lunes.values():
        play(model, strokes(200, 6, seed=5), tmp_path, lune, schedules={"first": schedule})


def test_hundred_thousand_changes(client: Lune, tmp_path: Path) -> None:
    play(network(), strokes(100_000, 20, seed=3), tmp_path, client)


def test_large_numbers_leave_no_trace(client: Lune, tmp_path: Path) -> None:
    """Adding a large number and taking it away again loses the digits of all others."""
    there_and_back: Changes = []
    for size in (1e3, 1e6, 1e12, 1e20, np.inf, np.nan):
        there_and_back += [(1, 0.5), (7, 0.25), REFRESH, (3, size), REFRESH, (2, 1.0), REFRESH]
        there_and_back += [(3, 0.125), REFRESH, (2, 0.0), REFRESH]
    play(network(), there_and_back, tmp_path, client)


def test_it_saves_work(client: Lune, tmp_path: Path) -> None:
    """The kernels of a refresh see the changes alone."""
    compile_model(network(), tmp_path / "build")
    text = (tmp_path / "build" / "Model.luau").read_text()
    assert "local changes: { number }? = tensors[" in text
    assert "firstSums(changes or x, y, if changes then " in text


@pytest.mark.parametrize("schedule", ["columns", "registers", "unrolled"])
def test_a_failed_refresh_leaves_the_sums(schedule: str, lunes: dict[str, Lune], tmp_path: Path) -> None:
    """They are a state: the next refresh adds the same changes to them."""
    for lune in lunes.values():
        folder = tmp_path / lune.target
        compile_model(network(), folder, target=lune.target, schedules={"first": schedule})
        script = SCRIPT.with_name("failing.luau")
        found = lune.call(script, {"model": lune.require_path(folder / "Model.luau", script.parent)})
        assert (found["failed"], found["seen"]) == (True, 1)
        np.testing.assert_allclose(found["refreshed"], found["whole"], rtol=1e-5, atol=1e-6)
