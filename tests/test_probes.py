"""The samples that look for faults: what they hit, and that they are the same every time."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import helper

from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from onnx2luau.proof.evidence import Evidence
from onnx2luau.proof.legality import can_run
from onnx2luau.proof.probes import draw_probes
from tests.cases import Array, make_model

COUNT = 16


def graph_of(nodes: list[tuple[str, list[str], str]], x: Array, constants: dict[str, Array] | None = None):  # type: ignore[no-untyped-def]
    made = [helper.make_node(operator, inputs, [output]) for operator, inputs, output in nodes]
    model = make_model(made, {"x": x}, [nodes[-1][2]], constants or {})
    return run_pipeline(import_model(model, "probed"))


def probed(size: int, constant: float = 0.1) -> Evidence:
    nodes = [("Div", ["x", "c"], "a"), ("Round", ["a"], "y")]
    return draw_probes(graph_of(nodes, np.zeros((1, size), np.float32), {"c": np.float32(constant)}), COUNT)


@pytest.mark.parametrize("size", [1, 3, 64, 5000])
def test_what_they_hit(size: int) -> None:
    x = probed(size).samples["x"]
    met = set(x.ravel().view(np.uint32).tolist())
    for number in (0.0, -0.0, 0.1, -0.1, 1.0, -1.0, np.finfo(np.float32).min):
        assert np.float32(number).view(np.uint32).item() in met, number
    assert np.isnan(x).any()
    assert np.isposinf(x).any() or np.isneginf(x).any()
    assert any((sample == sample.flat[0]).all() for sample in x)


def test_halves_between_the_steps_of_a_division() -> None:
    x = probed(64, 0.1).samples["x"]
    halves = np.float32(0.1) * np.float32([-9.5, -2.5, -0.5, 0.5, 1.5, 2.5, 9.5])
    assert np.isin(halves, x).all()


@pytest.mark.parametrize("count", [2, 3, 5, 16, 40])
def test_ordinary_samples_come_first(count: int) -> None:
    graph = graph_of([("Relu", ["x"], "y")], np.zeros((1, 100), np.float32))
    drawn = draw_probes(graph, count)
    assert len(drawn.samples["x"]) >= count
    ordinary = drawn.samples["x"][: drawn.ordinary]
    assert 1 <= drawn.ordinary < len(drawn.samples["x"])
    assert np.abs(ordinary).max() < 10
    assert abs(float(ordinary[0].mean())) < 0.5
    assert 0.7 < float(ordinary[0].std()) < 1.3


def test_they_are_the_same_every_time() -> None:
    first, second = probed(20), probed(20)
    assert first.ordinary == second.ordinary
    assert first.samples["x"].tobytes() == second.samples["x"].tobytes()


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_integers_cover_their_range(kind: type) -> None:
    x = draw_probes(graph_of([("Identity", ["x"], "y")], np.zeros((4, 50), kind)), COUNT).samples["x"]
    assert {-1, 0, 1, 2**24 + 1, 2**31 - 1} <= set(x.ravel().tolist())
    assert any((np.abs(sample) < 2**25).all() and (sample == 2**24 + 1).any() for sample in x)
    if kind is np.int64:
        assert 2**32 < int(np.abs(x).max()) <= 2**53


@pytest.mark.parametrize("operator", ["Div", "Mod"])
def test_no_integer_is_divided_by_zero(operator: str) -> None:
    """It would end the process of ONNX Runtime."""
    graph = graph_of([(operator, ["c", "x"], "y")], np.ones((1, 9), np.int32), {"c": np.int32([7])})
    assert (draw_probes(graph, COUNT).samples["x"] != 0).all()


def test_integers_stay_where_doubles_are_exact() -> None:
    graph = graph_of([("Mul", ["x", "x"], "a"), ("Mul", ["a", "a"], "y")], np.ones((1, 9), np.int64))
    x = draw_probes(graph, COUNT).samples["x"].astype(np.float64)
    assert (np.abs(x) ** 4 <= 2.0**53).all()
    assert not can_run(graph, {"x": np.full((1, 9), 2**14, np.int64)})
