"""Schedules chosen by measuring: every one that fits is timed, and the fastest is taken."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest

from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.luau.schedules import schedules
from onnx2luau.bench import tune
from onnx2luau.bench.layers import LayerTime
from onnx2luau.bench.measure import Spread
from onnx2luau.bench.tune import Measured, measure_schedules, tuned
from onnx2luau.builds.manifest import read_manifest
from onnx2luau.driver import compile_model
from onnx2luau.request import Request
from tests.command_line import onnx2luau
from tests.networks import Network


def picture() -> onnx.ModelProto:
    """Return a convolution, a pool and a dense layer."""
    network = Network((1, 2, 6, 6), 1)
    network.add("Conv", network.weight(3, 2, 3, 3, fan=18), shape=(1, 3, 4, 4))
    network.add("GlobalMaxPool", shape=(1, 3, 1, 1))
    network.add("Flatten", shape=(1, 3))
    network.dense(4, True)
    return network.model()


def layer(name: str, schedule: str) -> LayerTime:
    return LayerTime(name, name, schedule, 1, 1, 4, Spread(1, 1, 1))


def test_each_layer_is_measured_in_every_way_that_fits() -> None:
    conv, pool, dense = measure_schedules(Request(model=picture()), 1, lambda _: None)
    assert {"direct", conv.chosen.schedule} <= conv.schedules.keys() <= schedules("conv").keys()
    assert pool.schedules == {}
    assert dense.schedules.keys() == schedules("dense").keys()
    for each in (conv, dense):
        assert min(time.median for time in each.schedules.values()) == each.schedules[each.fastest].median > 0


def test_the_fastest_is_taken_and_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conv, pool, dense = (
        each.chosen for each in measure_schedules(Request(model=picture()), 1, lambda _: None)
    )
    slow, fast = Spread(9, 8, 10), Spread(2, 1, 3)
    monkeypatch.setattr(
        tune,
        "measure_schedules",
        lambda *_: [
            Measured(conv, {"direct": fast, "taps": slow}),
            Measured(pool, {}),
            Measured(dense, {"columns": slow, "rows": fast}),
        ],
    )
    request = tuned(Request(model=picture()), lambda _: None)
    compile_model(request, tmp_path / "build")
    entries = read_manifest(tmp_path / "build").layers
    assert [entry["schedule"] for entry in entries] == ["direct", "", "rows"]
    assert [entry.get("measured") for entry in entries] == [
        {"direct": 2, "taps": 9},
        None,
        {"columns": 9, "rows": 2},
    ]


def test_the_users_choice_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    times = {"columns": Spread(9, 8, 10), "rows": Spread(2, 1, 3)}
    measured = [Measured(layer("first", "columns"), times), Measured(layer("second", "columns"), times)]
    monkeypatch.setattr(tune, "measure_schedules", lambda *_: measured)
    request = tuned(Request(model=None, options=Options(schedules={"first": "columns"})), lambda _: None)
    assert request.options.schedules == {"first": "columns", "second": "rows"}
    assert request.tuning == {"second": {"columns": 9, "rows": 2}}


def test_command(tmp_path: Path) -> None:
    onnx.save(picture(), tmp_path / "net.onnx")
    done = onnx2luau("compile", tmp_path / "net.onnx", "-o", tmp_path / "build", "--tune")
    assert done.status == 0, done.trouble
    assert "measured, in microseconds: columns" in done.output
    layers = json.loads((tmp_path / "build" / "manifest.json").read_text())["layers"]
    for each in layers:
        if each["schedule"]:
            assert min(each["measured"], key=each["measured"].__getitem__) == each["schedule"]
