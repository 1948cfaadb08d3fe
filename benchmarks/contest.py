"""All engines on one network, as figures: times, ratios between engines, loading, layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from benchmarks.networks import Network
from onnx2luau.backends.luau.options import TARGETS, Options
from onnx2luau.bench.contest import Result, bench_model
from onnx2luau.bench.described import described
from onnx2luau.bench.engines import GENERATED, NUMPY, ORACLE, TEXTBOOK
from onnx2luau.bench.measure import Advance, Times
from onnx2luau.bench.tune import Measured, measure_schedules
from onnx2luau.request import Request
from onnx2luau.source import read_source

BATCHES = (1, 16, 100)
LAYER_ROUNDS = 5


def measure_network(network: Network, rounds: int, advance: Advance) -> dict[str, Any]:
    """Measure a network with batches of all sizes in one run, then its layers."""
    # From memory: a Keras model is converted once.
    source = read_source(network.model())
    request = Request(model=source.model, inputs=network.samples())
    result = bench_model(request, rounds, advance, TARGETS, BATCHES)
    layers = {}
    for target in TARGETS:
        measured = measure_schedules(replace(request, options=Options(target)), LAYER_ROUNDS, advance)
        layers[target] = [{**asdict(each.chosen), "schedules": _times(each)} for each in measured]
    return {
        "title": network.title,
        **described(result),
        "ratios": [
            each for batch in BATCHES for target in TARGETS for each in _ratios(result, batch, target)
        ],
        "layers": layers,
    }


def _times(measured: Measured) -> dict[str, Any]:
    return {name: asdict(time) for name, time in measured.schedules.items()}


def advances(networks: int, rounds: int) -> int:
    """How often measure_network reports progress, for some networks."""
    return networks * (len(BATCHES) * rounds + len(TARGETS) * LAYER_ROUNDS)


def _ratios(result: Result, batch: int, target: str) -> list[dict[str, Any]]:
    """Return how many times as fast as the textbook, and the time over that of ONNX Runtime and numpy."""
    times = {each.engine: each for each in result.times if each.batch == batch}
    ours, textbook = times[f"{GENERATED}, {target}"], times.get(f"{TEXTBOOK}, {target}")
    pairs: Sequence[tuple[str, Times | None, Times]] = [
        ("textbook / generated", textbook, ours),
        (f"generated / {ORACLE}", ours, times[ORACLE]),
        (f"generated / {NUMPY}", ours, times[NUMPY]),
    ]
    return [
        {"batch": batch, "target": target, "ratio": name, **asdict(over.ratio(under))}
        for name, over, under in pairs
        if over is not None
    ]
