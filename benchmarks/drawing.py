"""What a frame of drawing costs: the pointer's moves, the prediction, and what the screen shows of it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from onnx2luau.backends.lune.lune import Lune
from onnx2luau.bench.engines import SampleFiles
from onnx2luau.bench.measure import spread
from onnx2luau.game.build import build_file
from onnx2luau.game.folder import game_folder

HERE = Path(__file__).resolve().parent
CENTRINGS = ("none", "centre", "fit")
DIGITS = 20
MOVES = 3
"""Positions of the pointer within a frame: about two pixels of the canvas, which is a quick hand."""
PARTS = ("game", "screen")


def measure_drawing(build: Path, files: SampleFiles, rounds: int) -> dict[str, Any]:
    """Return milliseconds of the frames in which digits are drawn, with and without the screen.

    build: of a model that reads digits. files: its samples, which are drawn.
    """
    measured: dict[str, list[dict[str, Any]]] = {mode: [] for mode in CENTRINGS}
    with game_folder([build], verify=False) as game:
        place = game.folder.parent / "place.rbxl"
        build_file(game.folder, place, "lune")
        for _ in range(rounds):
            for mode in CENTRINGS:
                measured[mode].append(play(game.shared, files, place, centring=mode))
    return {
        "digits": DIGITS,
        "moves": MOVES,
        "modes": {mode: {part: _spreads(each, part) for part in PARTS} for mode, each in measured.items()},
    }


def play(shared: Path, files: SampleFiles, place: Path | None, **more: object) -> dict[str, Any]:
    """Draw digits in a fresh process; shared: the folder of a game's modules."""
    with Lune("client") as lune:
        arguments = {
            "shared": lune.require_path(shared, HERE),
            "place": place and str(place),
            "input": files.paths[0],
            "samples": files.count,
            "digits": DIGITS,
            "moves": MOVES,
            **more,
        }
        result: dict[str, Any] = lune.call(HERE / "drawing.luau", arguments)
        return result


def _spreads(rounds: list[dict[str, Any]], part: str) -> dict[str, Any]:
    names = ("median", "percentile", "largest")
    return {name: asdict(spread([each[part][name] for each in rounds])) for name in names}
