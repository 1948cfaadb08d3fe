"""One run of a benchmark: all engines in turn, round after round, so that drift hits all alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from onnx2luau.backends.luau.lune import Lune
from onnx2luau.compiler.bench.engines import MOMENT, Engine

LOADS = 3
MOST_IN_A_ROUND = 8
"""Samples that every engine is given in one round; the next round goes on with the next ones."""
Advance = Callable[[int], None]


@dataclass(frozen=True)
class Figures:
    """What was measured of one engine."""

    engine: str
    median: float
    """Microseconds a prediction, as are the next two."""
    least: float
    most: float
    ratio: float
    """Median over the rounds of this engine's time by the first engine's in the same round."""
    load: float | None = None
    """Milliseconds to require and decode, in a fresh process: the median of LOADS."""
    bytes: int | None = None
    """Size on disk."""


def measure_all(engines: Sequence[Engine], samples: int, rounds: int, advance: Advance) -> list[Figures]:
    """Measure every engine on the same samples in every round, and how long it takes to load."""
    slowest = max(engine.measure(0, 1, 0) for engine in engines)  # also wakes them up
    each = max(1, min(MOST_IN_A_ROUND, samples, int(MOMENT * 1e6 / max(slowest, 1e-3))))
    times: dict[str, list[float]] = {engine.name: [] for engine in engines}
    for number in range(rounds):
        first = number * each % samples
        count = min(each, samples - first)
        for engine in engines:
            times[engine.name].append(engine.measure(first, count, MOMENT))
        advance(1)
    base = times[engines[0].name]
    return [_figures(engine, times[engine.name], base) for engine in engines]


def _figures(engine: Engine, times: Sequence[float], base: Sequence[float]) -> Figures:
    ratio = statistics.median(mine / first for mine, first in zip(times, base, strict=True))
    median = statistics.median(times)
    if engine.module is None:
        return Figures(engine.name, median, min(times), max(times), ratio)
    folder = engine.module.parent
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    load = _load(engine.module, engine.target)
    return Figures(engine.name, median, min(times), max(times), ratio, load, size)


def _load(module: Path, target: str) -> float:
    times = []
    for _ in range(LOADS):
        with Lune(target) as lune:
            times.append(float(lune.call("load", {"model": lune.require_path(module)})["milliseconds"]))
    return statistics.median(times)
