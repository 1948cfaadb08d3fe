"""The contestants: each answers how many microseconds a prediction takes, measured for a moment."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.ir.graph import Port
from onnx2luau.proof.oracle import Oracle
from onnx2luau.samples.samples import Samples, count_of, select

GENERATED, TEXTBOOK, ORACLE, NUMPY = "generated", "textbook", "ONNX Runtime", "numpy reference"
MOMENT = 0.05
"""Seconds of one measurement: long against the clock's resolution, short against the machine's moods."""


Measure = Callable[[int, int, float], float]
"""Given the first sample, how many, and the least time in seconds: microseconds a sample."""


@dataclass(frozen=True)
class Engine:
    """Something that predicts, and how to time it."""

    name: str
    measure: Measure
    """One sample after another."""
    measure_together: Measure | None = None
    """All samples at once, if it can."""
    module: Path | None = None
    """What of it is on disk and has to be loaded."""
    target: str = ""


@dataclass(frozen=True)
class SampleFiles:
    """Samples as Lune reads them: a file of f64 an input."""

    paths: list[str]
    count: int


def write_samples(samples: Samples, ports: Sequence[Port], folder: Path) -> SampleFiles:
    """Write the samples of every input into a folder."""
    paths = []
    for index, port in enumerate(ports):
        path = folder / f"input{index}.bin"
        path.write_bytes(np.ascontiguousarray(samples[port.name], "<f8").tobytes())
        paths.append(str(path))
    return SampleFiles(paths, count_of(samples))


def luau_engine(
    kind: str, module: Path, target: str, files: SampleFiles, stack: ExitStack, *, takes_batches: bool
) -> Engine:
    """Return a module in a Lune process of its own, which ends with `stack`."""
    lune = stack.enter_context(Lune(target))
    common = {"model": lune.require_path(module), "inputs": files.paths, "samples": files.count}

    def measure(together: bool, first: int, count: int, seconds: float) -> float:
        arguments = {**common, "together": together, "first": first, "count": count, "seconds": seconds}
        return float(lune.call("time", arguments)["microseconds"])

    at_once = partial(measure, True) if takes_batches else None
    return Engine(f"{kind}, {target}", partial(measure, False), at_once, module, target)


def oracle_engine(oracle: Oracle, samples: Samples, takes_batches: bool) -> Engine:
    """Return ONNX Runtime on one thread, called from Python."""
    each = [select(samples, index) for index in range(count_of(samples))]

    def measure(first: int, count: int, seconds: float) -> float:
        return time_passes(
            lambda: [oracle.run(sample) for sample in each[first : first + count]], seconds, count
        )

    def measure_together(first: int, count: int, seconds: float) -> float:
        batch = stacked(samples, first, count)
        return time_passes(lambda: oracle.run(batch), seconds, count)

    return Engine(ORACLE, measure, measure_together if takes_batches else None)


def stacked(samples: Samples, first: int, count: int) -> Samples:
    """Return `count` samples as one batch: [samples, 1, ...] becomes [count, ...]."""
    return {
        name: np.ascontiguousarray(array[first : first + count].reshape(count, *array.shape[2:]))
        for name, array in samples.items()
    }


def time_passes(make_pass: Callable[[], object], seconds: float, samples: int) -> float:
    """Return microseconds a sample.

    The first pass over the samples warms up and tells how many passes fit; one that fills the time itself is
    warm for nearly all of it, and not repeated.
    """
    start = time.perf_counter()
    make_pass()
    once = time.perf_counter() - start
    if once >= seconds:
        return once / samples * 1e6
    passes = math.ceil(seconds / max(once, 1e-6))
    start = time.perf_counter()
    for _ in range(passes):
        make_pass()
    return (time.perf_counter() - start) / (passes * samples) * 1e6
