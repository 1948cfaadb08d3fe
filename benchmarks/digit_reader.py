"""What is measured of the digit reader 784-256-10 alone: strokes, garbage, sizes, frames of drawing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.drawing import measure_drawing
from benchmarks.networks import NETWORKS
from onnx2luau.backends.luau.options import WEIGHTS, Options
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.bench.engines import MOMENT, SampleFiles, write_samples
from onnx2luau.bench.measure import spread
from onnx2luau.driver import compile_model, read_graph
from onnx2luau.request import Request

NETWORK = "mnist256"
CHANGES = 12
"""Pixels of a stroke."""
HERE = Path(__file__).resolve().parent


def measure_digit_reader(rounds: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Measure it in the interpreter; sizes are in bytes, of all files of the build."""
    network = NETWORKS[NETWORK]
    request = Request(model=network.model(), inputs=network.samples())
    source, graph = read_graph(request)
    sizes = {}
    with tempfile.TemporaryDirectory(prefix="onnx2luau-") as scratch:
        for weights in WEIGHTS:
            say(f"digit reader: {weights}")
            folder = Path(scratch) / weights
            options = Options("client", weights)
            compile_model(Request(model=source.model, options=options, inputs=network.samples()), folder)
            sizes[weights] = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        files = write_samples(request.samples_for(graph), graph.inputs, Path(scratch))
        say("digit reader: strokes, garbage and frames of drawing")
        return {
            "sizes": sizes,
            "stroke": _strokes(Path(scratch) / "f32", files, rounds),
            "garbage": _call("garbage", Path(scratch) / "f32", files),
            "drawing": measure_drawing(Path(scratch) / "f32", files, rounds),
        }


def _strokes(folder: Path, files: SampleFiles, rounds: int) -> dict[str, Any]:
    """Return microseconds of a whole prediction and of a stroke, and their ratio round by round."""
    each = [_call("stroke", folder, files, changes=CHANGES, seconds=MOMENT * 2) for _ in range(rounds)]
    return {
        "changes": CHANGES,
        "whole": asdict(spread([times["whole"] for times in each])),
        "stroke": asdict(spread([times["stroke"] for times in each])),
        "ratio": asdict(spread([times["stroke"] / times["whole"] for times in each])),
    }


def _call(script: str, folder: Path, files: SampleFiles, **more: object) -> dict[str, float]:
    with Lune("client") as lune:
        arguments = {
            "model": lune.require_path(folder / "Model.luau", HERE),
            "input": files.paths[0],
            "samples": files.count,
            **more,
        }
        result: dict[str, float] = lune.call(HERE / f"{script}.luau", arguments)
        return result
