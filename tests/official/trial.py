"""One official test: compile it, run it under Lune, and compare with the suite's own outputs."""

from __future__ import annotations

import shutil
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import numpy as np

import onnx2luau
from onnx2luau.backends.lune.lune import LuauError, Lune
from onnx2luau.compiler.errors import Onnx2LuauError
from tests.official.feeding import feedings
from tests.official.suite import Official

PASS, REFUSED, WRONG, DEAD, TRACEBACK = "pass", "refused", "wrong", "dead", "traceback"
RESULTS = (PASS, REFUSED, WRONG, DEAD, TRACEBACK)
FAULTS = (WRONG, DEAD, TRACEBACK)
PATIENCE = 60
"""Seconds for a test; one that takes longer counts as a traceback."""


@dataclass(frozen=True)
class Outcome:
    """What came of a test, how its inputs were given, and why if it did not pass."""

    name: str
    kind: str
    result: str
    feeding: str
    reason: str = ""


class TooSlowError(Exception):
    """A test took longer than PATIENCE."""


def tried(test: Official, lune: Lune, folder: Path) -> Outcome:
    """Try a test in each way until it is not refused; of several refusals the first one tells most."""
    refusal: Outcome | None = None
    for number, (feeding, model) in enumerate(feedings(test.model, test.data[0][0] if test.data else [])):
        build = folder / f"{test.name}-{number}"
        try:
            with _patience():
                result, reason = _result(test, model, lune, build)
        except Exception as error:
            result, reason = TRACEBACK, f"{_where(error)}{type(error).__name__}: {error}"
        finally:
            shutil.rmtree(build, ignore_errors=True)
        outcome = Outcome(test.name, test.kind, result, feeding, reason)
        if result != REFUSED:
            return outcome
        refusal = refusal or outcome
    assert refusal is not None
    return refusal


def _result(test: Official, model: Any, lune: Lune, build: Path) -> tuple[str, str]:
    try:
        compiled = onnx2luau.compile(model, build, target=lune.target, verify=False, name=test.name)
    except Onnx2LuauError as error:
        return REFUSED, str(error)
    ports = {port.name for port in model.graph.input}
    for inputs, right in test.data:
        named = zip([port.name for port in test.model.graph.input], inputs, strict=False)
        # What is constant now is the first set's; a set that differs there is another model.
        given = {name: np.asarray(value)[None] for name, value in named if name in ports}
        try:
            answers = lune.run(build, given, 1, compiled.manifest.work)
        except LuauError as error:
            return DEAD, str(error)
        shapes = {port["name"]: tuple(port["shape"]) for port in compiled.manifest.outputs}
        for port, expected in zip(test.model.graph.output, right, strict=True):
            problem = _difference(answers[port.name][0], shapes[port.name], expected, test)
            if problem:
                return WRONG, f"{port.name}: {problem}"
    return PASS, ""


def _difference(actual: Any, shape: tuple[int, ...], expected: Any, test: Official) -> str:
    """Return what is wrong with an output, as the suite's own runner sees it."""
    if shape != expected.shape or actual.shape != expected.shape:
        return f"shape {shape}, right is {expected.shape}"
    with np.errstate(all="ignore"):
        right = expected.astype(np.float64)
        # As f32, which is what the suite's runner is given by others: ours may go beyond its range.
        ours = actual.astype(np.float32).astype(np.float64) if expected.dtype == np.float32 else actual
    close = np.isclose(ours, right, test.relative, test.absolute, equal_nan=True)
    if close.all():
        return ""
    place = tuple(int(index) for index in np.argwhere(~close)[0])
    return f"{(~close).sum()} of {close.size} differ; at {list(place)} {ours[place]!r}, right is {right[place]!r}"


def _where(error: Exception) -> str:
    """Return the last place in our code, so that tracebacks of one cause can be told from others."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "onnx2luau" in frame.filename]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno} " if frames else ""


@contextmanager
def _patience() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise TooSlowError(f"it took longer than {PATIENCE} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
