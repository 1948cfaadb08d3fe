"""The benchmark's networks, and what is made of its figures; no figure itself is tested."""

from __future__ import annotations

import copy
import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from benchmarks import drawing, run, slices
from benchmarks.compare import compared, moved
from benchmarks.contest import BATCHES, measure_network
from benchmarks.figures import FILE, FOLDER, read_results, write_results
from benchmarks.machine import machine
from benchmarks.networks import NETWORKS, Untrained, digits
from benchmarks.plots import write_plots
from benchmarks.tables import markdown
from benchmarks.targets import TARGETS, Target
from onnx2luau import compile as compile_model
from onnx2luau.bench.engines import write_samples
from onnx2luau.driver import read_graph
from onnx2luau.proof.oracle import Oracle
from onnx2luau.request import Request
from onnx2luau.source import read_source

ALL = {**NETWORKS, **slices.SLICED}
UNTRAINED = [name for name, network in ALL.items() if not isinstance(network.model(), Path)]


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    network = measure_network(NETWORKS["game_brain"], 1, lambda _: None)
    return {
        "machine": machine(),
        "rounds": 1,
        "networks": {"game_brain": network},
        "digit_reader": None,
        "slices": None,
    }


@pytest.fixture(scope="module")
def in_slices(results: dict[str, Any]) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slices, "SLICED", {"mnist256": NETWORKS["mnist64"], "large": NETWORKS["mnist64"]})
        patch.setattr(slices, "MOMENT", 0)
        # So short that every pause is taken, however fast the machine is.
        patch.setattr(slices, "STEP_BUDGET", 1e-6)
        patch.setattr(slices, "LOAD_BUDGET", 1e-6)
        return {**results, "slices": slices.measure_slices(1, lambda _: None)}


@pytest.fixture(scope="module")
def with_drawing(results: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("drawing")
    network = Untrained("tiny", (784,))
    network.dense(8, "Relu")
    network.dense(10)
    request = Request(model=network.model(), inputs=digits(784))
    _, graph = read_graph(request)
    files = write_samples(request.samples_for(graph), graph.inputs, folder)
    compile_model(network.model(), folder / "build", verify=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing, "DIGITS", 2)
        reader = {"drawing": drawing.measure_drawing(folder / "build", files, 2)}
    return {**results, "digit_reader": reader}


@pytest.mark.parametrize("name", ALL)
def test_networks_and_samples_are_the_same_every_time(name: str) -> None:
    network = ALL[name]
    np.testing.assert_array_equal(network.samples(), network.samples())
    assert len(network.samples()) == max(BATCHES)
    first, second = network.model(), network.model()
    if isinstance(first, Path):
        assert first.is_file()
    else:
        assert isinstance(second, onnx.ModelProto)
        assert first.SerializeToString(deterministic=True) == second.SerializeToString(deterministic=True)


@pytest.mark.parametrize("name", UNTRAINED)
def test_untrained_networks_answer_sanely(name: str) -> None:
    network = ALL[name]
    (answers,) = Oracle(read_source(network.model())).run({"x": network.samples()}).values()
    assert len(answers) == len(network.samples())
    assert np.abs(answers).max() < 100
    assert np.ptp(answers, axis=0).min() > 1e-3  # each output depends on the input


def test_the_large_network_has_five_million_parameters_and_is_not_for_the_textbook() -> None:
    model = slices.SLICED["large"].model()
    assert isinstance(model, onnx.ModelProto)
    assert sum(math.prod(weight.dims) for weight in model.graph.initializer) == pytest.approx(5e6, rel=0.01)
    assert "large" not in NETWORKS


def test_results_are_whole_and_name_no_machine(results: dict[str, Any], tmp_path: Path) -> None:
    ratios = results["networks"]["game_brain"]["ratios"]
    assert len(ratios) == len(BATCHES) * 2 * 3
    write_results(results, tmp_path / "results")
    assert read_results(tmp_path / "results" / "results.json") == results
    page = markdown(results)
    assert "game brain 12-32-32-6" in page
    assert "gemm1" in page
    assert str(Path.home()) not in page + (tmp_path / "results" / "results.json").read_text()


def test_ratios_are_of_the_figures_beside_them(results: dict[str, Any]) -> None:
    network = results["networks"]["game_brain"]
    times = {(each["engine"], each["batch"]): each["median"] for each in network["figures"]}
    for each in network["ratios"]:
        names = [f"{name}, {each['target']}" for name in ("generated", "textbook")]
        over, under = {
            "textbook / generated": (names[1], names[0]),
            "generated / ONNX Runtime": (names[0], "ONNX Runtime"),
            "generated / numpy reference": (names[0], "numpy reference"),
        }[each["ratio"]]
        assert each["median"] == pytest.approx(times[over, each["batch"]] / times[under, each["batch"]])


def test_pictures_are_the_same_every_time(results: dict[str, Any], tmp_path: Path) -> None:
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        write_plots(results, tmp_path / folder)
    files = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert files == sorted(
        f"{name}.{kind}" for name in ("speedup", "onnxruntime", "load", "size") for kind in ("png", "svg")
    )
    for name in files:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()
    assert "<dc:date>" not in (tmp_path / "first" / "load.svg").read_text()


def test_what_moved_is_shown(results: dict[str, Any]) -> None:
    assert moved(results, results) == []
    other = copy.deepcopy(results)
    ratio = other["networks"]["game_brain"]["ratios"][0]
    for name in ("median", "least", "most"):
        ratio[name] *= 2
    (row,) = moved(results, other)
    assert row[:4] == ["game_brain", "textbook / generated", "client", "1"]
    assert row[-1] == "+100%"
    ratio["least"] = 0.0  # now the rounds reach as far as before
    assert moved(results, other) == []


def test_targets_tell_met_from_missed_and_from_unmeasured(results: dict[str, Any]) -> None:
    assert Target("", lambda _: None, least=30).is_met(30)
    assert not Target("", lambda _: None, least=30).is_met(29.9)
    assert not Target("", lambda _: None, most=3).is_met(3.1)
    reached = {target.figure: target.reached(results) for target in TARGETS}
    brains = reached.pop("100 game brains by predictBatch: textbook / ours, client")
    assert brains is not None
    worst = reached.pop("time by the chosen schedule / by the fastest, worst layer")
    assert worst is not None
    assert worst >= 1
    assert set(reached.values()) == {None}


def test_slices_are_measured_with_the_digit_reader_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "measure_network", lambda *_: {})
    monkeypatch.setattr(run, "measure_digit_reader", lambda rounds, _: f"{rounds} of the reader")
    monkeypatch.setattr(run, "measure_slices", lambda rounds, _: f"{rounds} of slices")
    without = run.measure(["game_brain"], 3)
    assert without["digit_reader"] is without["slices"] is None
    measured = run.measure(["game_brain", "mnist256"], 3)
    assert measured["digit_reader"] == "3 of the reader"
    assert measured["slices"] == "3 of slices"


def test_figures_of_slices_spread_over_all_rounds() -> None:
    def process(*largest: float, calls: int) -> dict[str, Any]:
        steps = [{"largest": each} for each in largest]
        return {"steps": steps, "load": {"calls": calls}, "parse": calls * 2, "ratio": calls * 3}

    figures = slices.spreads([process(5, 1, calls=7), process(4, 3, calls=9)])
    assert figures == {
        "step": {"largest": {"median": 3.5, "least": 1, "most": 5}},
        "load": {"calls": {"median": 8, "least": 7, "most": 9}},
        "parse": {"median": 16, "least": 14, "most": 18},
        "ratio": {"median": 24, "least": 21, "most": 27},
    }


def assert_spread(figures: dict[str, float], least: float = 1e-6) -> None:
    """Assert the form of a measurement. How large it is depends on the machine and on what else it does."""
    assert least <= figures["least"] <= figures["median"] <= figures["most"] < math.inf


def test_slices_of_real_builds(in_slices: dict[str, Any]) -> None:
    networks = in_slices["slices"]["networks"]
    assert networks.keys() == {"mnist256", "large"}
    for network in networks.values():
        assert network["targets"].keys() == {"client", "server"}
        for figures in network["targets"].values():
            assert figures["step"]["calls"]["least"] > 1
            assert figures["load"]["calls"]["least"] > 2
            for name in ("parse", "ratio"):
                assert_spread(figures[name])
            for name in ("step", "load"):
                for figure in ("largest", "percentile"):
                    assert_spread(figures[name][figure], least=0)


def test_the_largest_overrun_is_the_least_of_the_rounds(in_slices: dict[str, Any]) -> None:
    other = copy.deepcopy(in_slices)
    large = other["slices"]["networks"]["large"]
    large["title"] = "huge"
    for target, least in (("client", 0.7), ("server", 0.2)):
        large["targets"][target]["step"]["largest"] = {"median": 9, "least": least, "most": 11}
        digits = other["slices"]["networks"]["mnist256"]["targets"][target]
        digits["step"]["largest"]["least"] = least / 2
        large["targets"][target]["load"]["largest"] = {"median": 13, "least": least + 3, "most": 14}
    page = markdown(other)
    assert "`session:step` is given 1e-06 ms, one of what `Model.load()` gives 1e-06 ms" in page
    for row in ("huge, client | 0.7", "huge, server | 0.2", "huge, client | 3.7", "huge, server | 3.2"):
        assert f"| {row} |" in page
    targets = {target.figure: target for target in TARGETS}
    worst = targets["overrun of session:step, five million parameters, ms"]
    assert worst.reached(other) == 0.7
    assert not worst.is_met(0.7)
    digits_too = targets["overrun of session:step, digits, ms"]
    assert digits_too.reached(other) == 0.35
    assert digits_too.is_met(0.35)


def test_older_results_know_no_slices(results: dict[str, Any], in_slices: dict[str, Any]) -> None:
    older = {key: value for key, value in results.items() if key != "slices"}
    for without in (older, results):
        assert "## In slices" not in markdown(without)
        assert moved(without, in_slices) == moved(in_slices, without) == []
        assert compared(without, in_slices) == compared(without, without) > 0
        reached = [target.reached(without) for target in TARGETS if "overrun" in target.figure]
        assert reached == [None, None]


def test_what_slices_cost_is_compared(in_slices: dict[str, Any]) -> None:
    other = copy.deepcopy(in_slices)
    ratio = other["slices"]["networks"]["large"]["targets"]["server"]["ratio"]
    for name in ("median", "least", "most"):
        ratio[name] *= 2
    (row,) = moved(in_slices, other)
    assert row[:4] == ["large", "sliced / plain", "server", "1"]


def test_frames_of_drawing(with_drawing: dict[str, Any]) -> None:
    modes = with_drawing["digit_reader"]["drawing"]["modes"]
    assert modes.keys() == {"none", "centre", "fit"}
    for parts in modes.values():
        assert parts.keys() == {"game", "screen"}
        for figures in parts.values():
            for spread in figures.values():
                assert_spread(spread)
            assert figures["median"]["most"] <= figures["largest"]["most"]


def test_the_dearest_frame_of_drawing_is_the_figure(with_drawing: dict[str, Any]) -> None:
    other = copy.deepcopy(with_drawing)
    for index, parts in enumerate(other["digit_reader"]["drawing"]["modes"].values()):
        parts["screen"]["median"]["median"] = (0.4, 0.9, 0.6)[index]
        parts["game"]["median"]["median"] = 5
    (target,) = (each for each in TARGETS if each.figure == "a frame of drawing, client, ms")
    assert target.reached(other) == 0.9
    assert target.is_met(0.9)
    assert not target.is_met(1.1)


def test_older_results_know_no_drawing(with_drawing: dict[str, Any], results: dict[str, Any]) -> None:
    (target,) = (each for each in TARGETS if each.figure == "a frame of drawing, client, ms")
    committed = read_results(FOLDER / FILE)
    for older in (results, {**results, "digit_reader": {"sizes": {}}}):
        assert target.reached(older) is None
    committed["digit_reader"].pop("drawing", None)
    assert target.reached(committed) is None
    assert "A frame of drawing" not in markdown(committed)
    committed["digit_reader"]["drawing"] = with_drawing["digit_reader"]["drawing"]
    page = markdown(committed)
    for words in ("none, the game", "fit, with the screen", "Frames in which 2 digits are drawn"):
        assert words in page
