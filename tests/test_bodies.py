"""Graphs inside of nodes: what is made of loops, recurrences and choices, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

import onnx2luau
from onnx2luau.backends.luau.options import TARGETS, Options
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.text import parse, print_graph
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from tests.bodies import (
    BOOL,
    FLOAT,
    INT64,
    choice,
    counted_loop,
    graph,
    open_loop,
    scanned_lstm,
    unrolled_lstm,
)
from tests.cases import Case, floats, luau_text, make_model, prove

CASES = [
    scanned_lstm(5, 3, 4),
    scanned_lstm(4, 2, 3, scan_input_directions=[1]),
    scanned_lstm(1, 2, 3),
    counted_loop(0),
    counted_loop(1),
    counted_loop(4),
    open_loop(),
    choice(),
]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("tested", CASES, ids=lambda tested: tested.name)
def test_bodies(tested: Case, target: str, tmp_path: Path, lunes: dict[str, Lune]) -> None:
    prove(tested, tmp_path, lunes[target])


@pytest.mark.parametrize("tested", CASES, ids=lambda tested: tested.name)
def test_bodies_as_text(tested: Case) -> None:
    imported = import_model(tested.model, tested.name)
    for each in (imported, run_pipeline(imported)):
        assert parse(print_graph(each)) == each


@pytest.mark.parametrize("precision", ["f16", "int8"])
def test_weights_in_bodies_are_rounded(precision: str, tmp_path: Path) -> None:
    model = scanned_lstm(4, 3, 40).model
    whole = onnx2luau.compile(model, tmp_path / "f32")
    build = onnx2luau.compile(model, tmp_path / precision, weights=precision)
    assert build.manifest.verification is not None
    bytes_ = [each.manifest.layers[0]["bytes"] for each in (whole, build)]
    assert bytes_[1] < bytes_[0]


def test_a_loop_is_a_loop(tmp_path: Path) -> None:
    """An LSTM of 64 steps takes a twentieth of the text that its steps written out take."""
    lengths = []
    for tested in (scanned_lstm(64, 4, 8), unrolled_lstm(64, 4, 8)):
        folder = tmp_path / tested.name
        onnx2luau.compile(tested.model, folder)
        parts = sorted(folder.glob("layers/*.luau"))
        lengths.append(len(luau_text(folder)) + sum(len(part.read_text()) for part in parts))
    assert 20 * lengths[0] <= lengths[1]


def test_schedules_of_layers_in_bodies(tmp_path: Path, client: Lune) -> None:
    tested = scanned_lstm(3, 2, 4)
    prove(tested, tmp_path, client, Options(schedules={"gates": "columns"}))
    assert "schedule columns" in luau_text(tmp_path)


def test_a_scan_along_another_axis(tmp_path: Path, client: Lune) -> None:
    node = helper.make_node
    body = graph(
        "sum",
        [node("Add", ["s", "x"], ["s2"]), node("Identity", ["s2"], ["y"])],
        [("s", FLOAT, [2]), ("x", FLOAT, [2])],
        [("s2", FLOAT, [2]), ("y", FLOAT, [2])],
    )
    axes = {"scan_input_axes": [1], "scan_output_axes": [-1]}
    scan = node("Scan", ["s0", "xs"], ["total", "sums"], "scan", body=body, num_scan_inputs=1, **axes)
    x = floats(2, 5)
    model = make_model([scan], {"xs": x}, ["sums", "total"], {"s0": np.zeros(2, np.float32)})
    prove(Case("axis", model, {"xs": x[None]}), tmp_path, client)


def looping(nodes: list[onnx.NodeProto], *, is_sliced: bool, trips: str = "count") -> onnx.ModelProto:
    made = [("on", BOOL, []), ("x2", FLOAT, [1, 3])] + ([("s", FLOAT, [1, 3])] if is_sliced else [])
    given = [("number", INT64, []), ("goes", BOOL, []), ("x", FLOAT, [1, 3])]
    body = graph("round", nodes, given, made)
    results = ["last", "all"] if is_sliced else ["last"]
    loop = helper.make_node("Loop", [trips, "", "x0"], results, "loop", body=body)
    return make_model([loop], {"x0": floats(1, 3), "count": np.array(3)}, results)


def test_refusals() -> None:
    node = helper.make_node
    same = [node("Identity", ["goes"], ["on"]), node("Neg", ["x"], ["x2"])]
    with pytest.raises(ModelError, match=r"'Loop'.*how many rounds it has is computed.* at node 'loop'"):
        import_model(looping([*same, node("Abs", ["x"], ["s"])], is_sliced=True), "computed")
    with pytest.raises(ModelError, match=r"'Loop'.*it never ends.* at node 'loop'"):
        import_model(looping(same, is_sliced=False, trips=""), "endless")
    random = node("RandomNormalLike", ["x"], ["x2"], "noise")
    with pytest.raises(ModelError, match=r"'RandomNormalLike'.* at node 'noise'"):
        import_model(looping([same[0], random], is_sliced=False), "random")


def test_loops_that_do_not_end_are_no_samples(tmp_path: Path) -> None:
    """Of the samples that look for faults those are left out that keep a loop going on for ever."""
    node = helper.make_node
    nodes = [node("ReduceMax", ["x"], ["m"], keepdims=0), node("Greater", ["m", "zero"], ["on"])]
    body = graph(
        "round",
        [*nodes, node("Identity", ["x"], ["x2"])],
        [("number", INT64, []), ("goes", BOOL, []), ("x", FLOAT, [1, 3])],
        [("on", BOOL, []), ("x2", FLOAT, [1, 3])],
        {"zero": np.array(0, np.float32)},
    )
    loop = node("Loop", ["", "start", "x0"], ["last"], "loop", body=body)
    model = make_model([loop], {"x0": floats(1, 3), "start": np.array(True)}, ["last"])
    given = {"x0": -np.abs(floats(3, 1, 3)), "start": np.array([True, False, True])}
    assert onnx2luau.compile(model, tmp_path / "given", inputs=given).manifest.verification is not None


def bodied(nodes: list[onnx.NodeProto], outputs: list[str], inputs: list[str]) -> Case:
    """Return a Scan without sequences of its own that matter: states and what becomes of them."""
    given = [(name, FLOAT, [1, 3]) for name in (*inputs, "s")]
    body = graph("body", nodes, given, [(name, FLOAT, [1, 3]) for name in outputs])
    results = [f"r{place}" for place in range(len(outputs))]
    first = [f"{name}0" for name in inputs]
    scan = helper.make_node("Scan", [*first, "xs"], results, "scan", body=body, num_scan_inputs=1)
    arrays = {name: floats(1, 3, seed=place) for place, name in enumerate(first)} | {
        "xs": floats(4, 1, 3, seed=9)
    }
    model = make_model([scan], arrays, results)
    return Case("scan", model, {name: array[None] for name, array in arrays.items()})


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "tested",
    [
        bodied([helper.make_node("Add", ["a", "s"], ["t"])], ["b", "a"], ["a", "b"]),
        bodied([helper.make_node("Add", ["a", "s"], ["t"])], ["t", "t"], ["a"]),
        bodied([helper.make_node("Add", ["a", "s"], ["a2"])], ["a2", "a", "s"], ["a"]),
    ],
    ids=["states that change places", "one tensor twice", "inputs given out"],
)
def test_outputs_of_bodies_that_are_others(
    tested: Case, target: str, tmp_path: Path, lunes: dict[str, Lune]
) -> None:
    """ONNX Runtime leaves such outputs uninitialised, unless a node of the body makes them."""
    prove(tested, tmp_path, lunes[target])


def test_a_body_that_no_file_holds(tmp_path: Path) -> None:
    nodes = []
    for number in range(100):
        before = f"m{number - 1}" if number else "a"
        nodes.append(helper.make_node("Softmax", [before], [f"s{number}"]))
        nodes.append(helper.make_node("Gemm", [f"s{number}", "w"], [f"m{number}"]))
    tested = bodied(nodes, ["m99"], ["a"])
    tested.model.graph.node[0].attribute[0].g.initializer.append(
        onnx.numpy_helper.from_array(floats(3, 3), "w")
    )
    with pytest.raises(ModelError, match="the body of the layer 'scan' is too large for one file"):
        onnx2luau.compile(tested.model, tmp_path / "build", verify=False)


def test_infinite_states_are_no_weights(tmp_path: Path) -> None:
    """A running maximum begins with -infinity, and a body may have a product beside it."""
    node = helper.make_node
    body = graph(
        "body",
        [
            node("Gemm", ["s", "w"], ["p"]),
            node("Max", ["h", "p"], ["h2"]),
            node("Identity", ["h2"], ["o"]),
        ],
        [("h", FLOAT, [1, 3]), ("s", FLOAT, [1, 3])],
        [("h2", FLOAT, [1, 3]), ("o", FLOAT, [1, 3])],
        {"w": floats(3, 3)},
    )
    scan = node("Scan", ["lowest", "xs"], ["last", "all"], "scan", body=body, num_scan_inputs=1)
    constants = {"lowest": np.full((1, 3), -np.inf, np.float32)}
    model = make_model([scan], {"xs": floats(4, 1, 3)}, ["last", "all"], constants)
    assert onnx2luau.compile(model, tmp_path / "build").manifest.verification is not None


def test_undefined_numbers_of_the_model_itself(tmp_path: Path, client: Lune) -> None:
    """0 / 0 of constants is no spoilt weight, in a body either."""
    node = helper.make_node
    body = graph(
        "body",
        [node("Add", ["s", "none"], ["t"]), node("Max", ["h", "s"], ["h2"])],
        [("h", FLOAT, [1, 3]), ("s", FLOAT, [1, 3])],
        [("h2", FLOAT, [1, 3]), ("t", FLOAT, [1, 3])],
    )
    nodes = [
        node("Div", ["zero", "zero"], ["none"]),
        node("Scan", ["h0", "xs"], ["last", "all"], "scan", body=body, num_scan_inputs=1),
    ]
    arrays = {"h0": floats(1, 3), "xs": floats(4, 1, 3)}
    model = make_model(nodes, arrays, ["last", "all"], {"zero": np.zeros(1, np.float32)})
    prove(Case("scan", model, {key: array[None] for key, array in arrays.items()}), tmp_path, client)
