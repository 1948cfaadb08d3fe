"""Holds the committed figures against what the compiler is meant to reach: `python -m benchmarks.targets`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.figures import (
    FILE,
    FOLDER,
    ORACLE_RATIO,
    TEXTBOOK_RATIO,
    Results,
    distance_to_fastest,
    drawn,
    footprint,
    ratio,
    read_results,
    sliced,
)
from benchmarks.tables import table
from onnx2luau.cli.console import say

DIGITS = "mnist256"


@dataclass(frozen=True)
class Target:
    """A figure, and the least or the most that it should be."""

    figure: str
    reached: Callable[[Results], float | None]
    """None when it was not measured."""
    least: float | None = None
    most: float | None = None

    def is_met(self, value: float) -> bool:
        """Whether a measured figure is good enough."""
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def bound(self) -> str:
        """Return what is asked for, in words."""
        return f"at least {self.least:g}" if self.least is not None else f"at most {self.most:g}"


def _median(network: str, name: str, target: str, batch: int = 1) -> Callable[[Results], float | None]:
    def find(results: Results) -> float | None:
        found = ratio(results, network, name, target, batch)
        return None if found is None else found["median"]

    return find


def _load(engine: str) -> Callable[[Results], float | None]:
    def find(results: Results) -> float | None:
        found = footprint(results, DIGITS, f"{engine}, client")
        return None if found is None else found["load"]["median"]

    return find


def _size(weights: str) -> Callable[[Results], float | None]:
    def find(results: Results) -> float | None:
        reader = results["digit_reader"]
        size = None if reader is None else reader["sizes"].get(weights)
        return None if size is None else size / 1e6

    return find


def _stroke(results: Results) -> float | None:
    reader = results["digit_reader"]
    return None if reader is None else float(reader["stroke"]["ratio"]["median"])


def _garbage(results: Results) -> float | None:
    reader = results["digit_reader"]
    return None if reader is None else reader["garbage"]["prediction"] / reader["garbage"]["result"]


def _frame(results: Results) -> float | None:
    """Return what a frame with the screen takes, by the centring that costs most."""
    modes = drawn(results).values()
    return max((figures["screen"]["median"]["median"] for figures in modes), default=None)


def _overrun(network: str) -> Callable[[Results], float | None]:
    """Return a function that finds the largest overrun, in milliseconds: that of the worse target."""

    def find(results: Results) -> float | None:
        targets = sliced(results).get(network, {"targets": {}})["targets"]
        return max((figures["step"]["largest"]["least"] for figures in targets.values()), default=None)

    return find


def _choice(results: Results) -> float | None:
    distances = [
        distance_to_fastest(layer)
        for network in results["networks"].values()
        for layers in network["layers"].values()
        for layer in layers
        if layer["schedules"]
    ]
    return max(distances, default=None)


TARGETS = (
    Target("784-256-10: textbook / ours, client", _median(DIGITS, TEXTBOOK_RATIO, "client"), least=30),
    Target("784-256-10: textbook / ours, server", _median(DIGITS, TEXTBOOK_RATIO, "server"), least=18),
    Target("784-256-10: ours / ONNX Runtime, client", _median(DIGITS, ORACLE_RATIO, "client"), most=3),
    Target("784-256-10: ours / ONNX Runtime, server", _median(DIGITS, ORACLE_RATIO, "server"), most=1.2),
    Target("stroke of 12 pixels / whole prediction, client", _stroke, most=1 / 6),
    Target("a frame of drawing, client, ms", _frame, most=1),
    Target(
        "100 game brains by predictBatch: textbook / ours, client",
        _median("game_brain", TEXTBOOK_RATIO, "client", 100),
        least=20,
    ),
    Target("digit CNN: textbook / ours, client", _median("mnist_cnn", TEXTBOOK_RATIO, "client"), least=12),
    Target(
        "separable CNN: textbook / ours, client", _median("separable_cnn", TEXTBOOK_RATIO, "client"), least=12
    ),
    Target("load of f32 base64, client, ms", _load("generated"), most=45),
    Target("load of the textbook's literals beside it, ms", _load("textbook"), least=200),
    Target("size on disk, f32, MB", _size("f32"), most=1.15),
    Target("size on disk, f16, MB", _size("f16"), most=0.60),
    Target("size on disk, int8, MB", _size("int8"), most=0.32),
    Target("bytes allocated by a prediction / by its result table", _garbage, most=1.05),
    Target("time by the chosen schedule / by the fastest, worst layer", _choice, most=1.15),
    Target("overrun of session:step, digits, ms", _overrun(DIGITS), most=0.5),
    Target("overrun of session:step, five million parameters, ms", _overrun("large"), most=0.5),
)
"""Accuracy and exactness are not here: tests hold them."""


def main(
    path: Annotated[Path, typer.Argument(help="A results.json.")] = FOLDER / FILE,
) -> None:
    """Print each target with the figure that was reached."""
    results = read_results(path)
    rows = []
    for target in TARGETS:
        value = target.reached(results)
        verdict = "not measured" if value is None else "met" if target.is_met(value) else "MISSED"
        rows.append([target.figure, target.bound(), "" if value is None else f"{value:.3g}", verdict])
    say(table(["figure", "target", "reached", ""], rows))


if __name__ == "__main__":
    typer.run(main)
