"""One run of a benchmark: all engines in turn, round after round, so that drift hits all alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from onnx2luau.backends.lune.lune import Lune
from onnx2luau.bench.engines import MOMENT, Engine

LOADS = 5
MOST_IN_A_ROUND = 8
"""Samples that every engine is given one by one in one round; the next round goes on with the next ones."""
Advance = Callable[[int], None]


@dataclass(frozen=True)
class Spread:
    """The middle of some measurements, and how far they reach."""

    median: float
    least: float
    most: float


@dataclass(frozen=True)
class Times:
    """What one engine took for batches of one size."""

    engine: str
    batch: int
    together: bool
    """Whether the engine was given the batch at once; otherwise one sample after another."""
    rounds: tuple[float, ...]
    """Microseconds a sample, round after round."""

    @property
    def spread(self) -> Spread:
        """Microseconds a sample over all rounds."""
        return spread(self.rounds)

    def ratio(self, base: Times) -> Spread:
        """How many times the time of `base` this engine takes, round by round."""
        return spread([mine / other for mine, other in zip(self.rounds, base.rounds, strict=True)])


@dataclass(frozen=True)
class Footprint:
    """What an engine's module costs before it predicts."""

    engine: str
    load: Spread
    """Milliseconds to require and decode, in fresh processes."""
    bytes: int
    """Size on disk."""


def spread(values: Sequence[float]) -> Spread:
    """Return the spread of at least one measurement."""
    return Spread(statistics.median(values), min(values), max(values))


def measure_all(
    engines: Sequence[Engine], batch: int, samples: int, rounds: int, advance: Advance
) -> list[Times]:
    """Measure every engine on the same samples in every round.

    One by one where the batch is 1 or an engine takes no batches: then as many samples as take a moment,
    since more tell nothing new. `samples` is at least the batch.
    """
    slowest = max(engine.measure(0, 1, 0) for engine in engines)  # also wakes them up
    each = max(1, min(MOST_IN_A_ROUND, int(MOMENT * 1e6 / max(slowest, 1e-3))))
    taken = min(each, samples) if batch == 1 else batch
    times: dict[str, list[float]] = {engine.name: [] for engine in engines}
    for number in range(rounds):
        first = number * taken % samples
        first = first if first + taken <= samples else 0
        for engine in engines:
            together = engine.measure_together if batch > 1 else None
            if together is not None:
                times[engine.name].append(together(first, batch, MOMENT))
            else:
                times[engine.name].append(engine.measure(first, min(each, taken), MOMENT))
        advance(1)
    return [
        Times(each.name, batch, batch > 1 and each.measure_together is not None, tuple(times[each.name]))
        for each in engines
    ]


def footprints(engines: Sequence[Engine]) -> list[Footprint]:
    """Measure how long each engine that is on disk takes to load, in turn, and its size."""
    on_disk = [engine for engine in engines if engine.module is not None]
    loads = [[_load(engine) for engine in on_disk] for _ in range(LOADS)]
    return [
        Footprint(engine.name, spread([turn[index] for turn in loads]), _size(engine))
        for index, engine in enumerate(on_disk)
    ]


def _load(engine: Engine) -> float:
    assert engine.module is not None  # noqa: S101 - only those are asked
    with Lune(engine.target) as lune:
        return float(lune.call("load", {"model": lune.require_path(engine.module)})["milliseconds"])


def _size(engine: Engine) -> int:
    assert engine.module is not None  # noqa: S101
    return sum(path.stat().st_size for path in engine.module.parent.rglob("*") if path.is_file())
