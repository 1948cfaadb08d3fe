"""Where a build's time goes: every layer timed by itself under Lune."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from onnx2luau.backends.lune.lune import LuauError, Lune
from onnx2luau.bench.contest import build_samples
from onnx2luau.bench.engines import MOMENT, write_samples
from onnx2luau.bench.measure import Advance, Spread, spread
from onnx2luau.builds.described import check_described
from onnx2luau.builds.manifest import LayerEntry, Manifest, read_manifest
from onnx2luau.driver import compile_model, read_graph
from onnx2luau.request import Request
from onnx2luau.samples.samples import Samples, count_of, select

MOST_SAMPLES = 8


@dataclass(frozen=True)
class LayerTime:
    """One layer of a build: what it computes, how, and how long that takes."""

    name: str
    """Of its function in the build."""
    layer: str
    """In the model."""
    schedule: str
    multiply_adds: int
    parameters: int
    bytes: int
    """Of its weights as stored, before they are written as text."""
    microseconds: Spread
    """A prediction, over the rounds."""


def model_layers(
    request: Request, rounds: int, advance: Advance, targets: Sequence[str]
) -> dict[str, list[LayerTime]]:
    """Compile a model for each target, prove it, and time its layers."""
    source, graph = read_graph(request)
    samples = request.samples_for(graph)
    layers = {}
    with tempfile.TemporaryDirectory(prefix="onnx2luau-") as scratch:
        for target in targets:
            folder, options = Path(scratch) / target, replace(request.options, target=target)
            compile_model(replace(request, model=source.path or source.model, options=options), folder)
            (layers[target],) = time_layers([folder], samples, target, rounds, advance)
    return layers


def build_layers(
    folder: Path, inputs: Path | None, rounds: int, advance: Advance, targets: Sequence[str]
) -> dict[str, list[LayerTime]]:
    """Time the layers of a build, in the interpreter and natively."""
    manifest = read_manifest(folder)
    with Lune(targets[0]) as lune:
        check_described(lune, folder, manifest)
    samples = build_samples(manifest, inputs)
    return {target: time_layers([folder], samples, target, rounds, advance)[0] for target in targets}


def time_layers(
    folders: Sequence[Path], samples: Samples, target: str, rounds: int, advance: Advance
) -> list[list[LayerTime]]:
    """Time the layers of some builds of one model in turn, round after round; a list for each build."""
    manifests = [read_manifest(folder) for folder in folders]
    some = select(samples, slice(0, min(MOST_SAMPLES, count_of(samples))))
    with tempfile.TemporaryDirectory(prefix="onnx2luau-") as scratch, ExitStack() as stack:
        files = write_samples(some, manifests[0].input_ports(), Path(scratch))
        # A process for each, since the clocks stay around a module's layers.
        lunes = [stack.enter_context(Lune(target)) for _ in folders]
        times: list[list[list[float]]] = [[] for _ in folders]
        for _ in range(rounds):
            for lune, folder, own in zip(lunes, folders, times, strict=True):
                arguments = {
                    "model": lune.require_path(folder / "Model.luau"),
                    "inputs": files.paths,
                    "samples": files.count,
                    "seconds": MOMENT,
                }
                own.append(lune.call("layers", arguments)["microseconds"])
            advance(1)
    return [_layers(manifest, own) for manifest, own in zip(manifests, times, strict=True)]


def _layers(manifest: Manifest, rounds: Sequence[Sequence[float]]) -> list[LayerTime]:
    if len(rounds[0]) != len(manifest.layers):
        raise LuauError(f"{manifest.name} has {len(manifest.layers)} layers and runs {len(rounds[0])} steps")
    return [_layer(entry, [each[index] for each in rounds]) for index, entry in enumerate(manifest.layers)]


def _layer(entry: LayerEntry, times: Sequence[float]) -> LayerTime:
    return LayerTime(
        entry["name"],
        entry["layer"],
        entry["schedule"],
        entry["multiply_adds"],
        entry["parameters"],
        entry["bytes"],
        spread(times),
    )
