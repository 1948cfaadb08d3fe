"""Finds the layer in which a build goes wrong: every layer's values against ONNX Runtime's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from onnx2luau.backends.lune.lune import Lune
from onnx2luau.backends.lune.run_time import work_of
from onnx2luau.backends.numpy import evaluate
from onnx2luau.builds.manifest import Manifest
from onnx2luau.compiler.agreement import Agreement, compare
from onnx2luau.compiler.errors import ModelError, UsageError
from onnx2luau.compiler.ir.graph import Graph, Port
from onnx2luau.compiler.ir.types import Array
from onnx2luau.proof.oracle import Oracle
from onnx2luau.samples.samples import Samples, select
from onnx2luau.source import Source


@dataclass(frozen=True)
class LayerReport:
    """One layer's values on one sample; `against` is "ONNX Runtime" or "the numpy reference"."""

    layer: str
    against: str
    agreement: Agreement


def verify_layers(
    folder: Path, manifest: Manifest, source: Source, graph: Graph, samples: Samples
) -> list[LayerReport]:
    """Compare each layer of a build on the first sample, in the order they run.

    A layer whose result is a tensor of the original model is compared with ONNX Runtime; others, and all of a
    build with rounded weights, with the numpy reference. UsageError when the build is of another model.
    """
    sample = select(samples, 0)
    known_layers = [(node.result.name, node.tensor) for node in graph.nodes]
    places = {layer: place for place, layer in enumerate(known_layers)}
    found = [places.get((layer["value"], layer["tensor"]), -1) for layer in manifest.layers]
    if -1 in found or found != sorted(set(found)):
        raise UsageError(f"{folder} was not compiled from {source.file or source.name}: it has other layers")
    inner = _reference(graph, sample)
    known = {} if manifest.options["weights"] != "f32" else _oracle_values(source, manifest, sample)
    with Lune(manifest.options["target"]) as lune:
        actual = lune.trace(folder, {name: array[:1] for name, array in samples.items()}, work_of(graph))
    if len(actual) != len(manifest.layers):
        raise UsageError(
            f"{folder} runs {len(actual)} layers, and its manifest.json has {len(manifest.layers)}; "
            "compile the model again"
        )
    reports = []
    for layer, got in zip(manifest.layers, actual, strict=True):
        expected, against = known.get(layer["tensor"]), "ONNX Runtime"
        if expected is None or expected.size != got.size:
            expected, against = inner[layer["value"]], "the numpy reference"
        agreement = compare({"": got[None]}, {"": expected.reshape(1, -1)})
        agreement = replace(agreement, difference=agreement.difference.partition(", sample 0, ")[2])
        reports.append(LayerReport(layer["layer"] or layer["name"], against, agreement))
    return reports


def _reference(graph: Graph, sample: Samples) -> dict[str, Array]:
    """Return the values of every node, by its name in the IR."""
    everything = tuple(Port(value.name, value) for node in graph.nodes for value in node.results)
    return evaluate(replace(graph, outputs=everything), sample)


def _oracle_values(source: Source, manifest: Manifest, sample: Samples) -> dict[str, Array]:
    if source.graph is not None:
        return {}
    made = {tensor for node in source.model.graph.node for tensor in node.output}
    wanted = [layer["tensor"] for layer in manifest.layers if layer["tensor"] in made]
    try:
        oracle = Oracle(source, wanted, states=manifest.states)
        return {name: np.asarray(array) for name, array in oracle.run(sample).items()}
    except ModelError:
        # Some inner tensors can't be outputs; then the reference stands in, and the report says so.
        return {}
