"""What work in slices costs: how far steps overrun their budgets, and how many of them a prediction takes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.digit_reader import HERE, NETWORK
from benchmarks.networks import NETWORKS, Network, large, noise
from onnx2luau.backends.luau.options import TARGETS, Options
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.bench.engines import SampleFiles, write_samples
from onnx2luau.bench.measure import LOADS, spread
from onnx2luau.driver import compile_model
from onnx2luau.request import Request

LARGE = "large"
SLICED = {
    NETWORK: NETWORKS[NETWORK],
    LARGE: Network("five million parameters 1024-2048-1024-768-10", large, lambda: noise(1024)),
}
"""By name. The textbook can't hold the large one, so it is no part of the other measurements."""
SAMPLES = 20
STEP_BUDGET, LOAD_BUDGET = 1, 2
"""Milliseconds for each call of session:step, and of what Model.load gives."""
ROUNDS = 5
"""Rounds of steps in each process."""
MOMENT = 0.2
"""Seconds of such a round: so short that in some of them the system takes the core from nobody."""


def measure_slices(rounds: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure each network on both targets, in up to as many fresh processes as there are rounds."""
    measured = {}
    for name, network in SLICED.items():
        targets = {}
        for target in TARGETS:
            say(f"slices: {network.title}, {target}")
            targets[target] = _measure(network, target, min(rounds, LOADS))
        measured[name] = {"title": network.title, "targets": targets}
    return {"step_budget": STEP_BUDGET, "load_budget": LOAD_BUDGET, "networks": measured}


def _measure(network: Network, target: str, processes: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="onnx2luau-") as scratch:
        folder = Path(scratch) / "build"
        request = Request(model=network.model(), options=Options(target), inputs=network.samples()[:SAMPLES])
        graph = compile_model(request, folder).graph
        files = write_samples(request.samples_for(graph), graph.inputs, Path(scratch))
        shutil.copy(folder / "weights" / "part1.luau", folder / "part.luau")
        return spreads([_call(folder, target, files) for _ in range(processes)])


def _call(folder: Path, target: str, files: SampleFiles) -> dict[str, Any]:
    with Lune(target) as lune:
        arguments = {
            "model": lune.require_path(folder / "Model.luau", HERE),
            "part": lune.require_path(folder / "part.luau", HERE),
            "input": files.paths[0],
            "samples": files.count,
            "stepBudget": STEP_BUDGET / 1e3,
            "loadBudget": LOAD_BUDGET / 1e3,
            "rounds": ROUNDS,
            "seconds": MOMENT,
        }
        result: dict[str, Any] = lune.call(HERE / "slices.luau", arguments)
        return result


def spreads(processes: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the spread of each figure: of steps over all rounds, and of the others over the processes."""
    steps = [each for process in processes for each in process["steps"]]
    loads = [process["load"] for process in processes]
    return {
        "step": {name: _spread(steps, name) for name in steps[0]},
        "load": {name: _spread(loads, name) for name in loads[0]},
        "parse": _spread(processes, "parse"),
        "ratio": _spread(processes, "ratio"),
    }


def _spread(figures: list[dict[str, float]], name: str) -> dict[str, float]:
    return asdict(spread([each[name] for each in figures]))
