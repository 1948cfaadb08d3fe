"""The contestants: each answers how many microseconds a prediction takes, measured for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from onnx2luau.backends.luau.lune import Lune
from onnx2luau.backends.numpy import evaluate
from onnx2luau.compiler.errors import DisagreementError
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.oracle import Oracle
from onnx2luau.compiler.samples import Samples

MOMENT = 0.1
"""Seconds of one measurement: long against the clock's resolution, short against the machine's moods."""
TEXTBOOK_TOLERANCE = 1e-3
Measure = Callable[[], float]


@dataclass(frozen=True)
class Engine:
    """Something that predicts, and how to time it."""

    name: str
    measure: Measure
    """Returns microseconds a prediction."""


def luau_engine(name: str, module: Path, lune: Lune, files: list[str]) -> Engine:
    """Return Luau under a Lune process; `files` hold the inputs of one sample as f64."""

    def measure() -> float:
        arguments = {"model": lune.require_path(module), "inputs": files, "seconds": MOMENT}
        return float(lune.call("time", arguments)["microseconds"])

    return Engine(name, measure)


def python_engine(name: str, predict: Callable[[], object]) -> Engine:
    """Return a function of this process."""

    def measure() -> float:
        calls, start = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < MOMENT:
            predict()
            calls += 1
        return elapsed / calls * 1e6

    return Engine(name, measure)


def oracle_engine(oracle: Oracle, sample: Samples) -> Engine:
    """Return ONNX Runtime on one thread, called from Python."""
    return python_engine("ONNX Runtime, one thread", lambda: oracle.run(sample))


def numpy_engine(graph: Graph, sample: Samples) -> Engine:
    """Return the numpy reference, op by op."""
    return python_engine("numpy", lambda: evaluate(graph, sample))


def check_textbook(module: Path, lune: Lune, files: list[str], expected: Array) -> None:
    """Raise DisagreementError if the textbook engine is wrong: a wrong one must not be timed."""
    arguments = {"model": lune.require_path(module), "inputs": files, "seconds": 0}
    answer = np.array(lune.call("time", arguments)["answer"])
    if answer.size != expected.size or np.abs(answer - expected.ravel()).max() > TEXTBOOK_TOLERANCE:
        raise DisagreementError("the textbook engine does not agree with ONNX Runtime, so it is not timed")
