"""One random graph: whether the Luau of each target gives what ONNX Runtime gives, and the least part that does not."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.lune.lune import LuauError, Lune
from onnx2luau.compiler.agreement import compare
from onnx2luau.compiler.errors import Onnx2LuauError
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from onnx2luau.proof.legality import can_run
from onnx2luau.proof.oracle import Oracle
from onnx2luau.proof.verify import referee_for
from onnx2luau.samples.samples import Samples, count_of, select
from onnx2luau.source import Source
from tests.cases import Array, oracle_outputs, run_luau
from tests.random_graphs.drawn import Drawn
from tests.random_graphs.steps import Step
from tests.random_graphs.values import Family, samples

FACTORS = (1.0, 1e-10, 1e-20, 1e-30)


@dataclass(frozen=True)
class Difference:
    """A graph that is wrong, and how."""

    seed: int
    target: str
    nodes: int
    """In the least part of the graph that is still wrong."""
    what: str
    model: onnx.ModelProto
    samples: Samples


def drawn(seed: int, steps: Sequence[Step], most: int) -> Drawn:
    """Return a graph of up to `most` steps."""
    graph = Drawn(seed)
    graph.add("Identity", [graph.inputs[0].name], graph.inputs[0].shape, is_exact=True)
    for _ in range(graph.random.randint(3, most)):
        graph.random.choice(steps)(graph)
    return graph


def difference(
    graph: Drawn, seed: int, families: Mapping[str, Family], lunes: Mapping[str, Lune]
) -> Difference | None:
    """Return what is wrong with a graph on samples of some families."""
    model = graph.model(graph.outputs())
    given = samples(graph, families)
    with suppress(Onnx2LuauError):  # a refusal is a difference, too
        given = _tamed(run_pipeline(import_model(model, "random")), given)
    for target, what in wrong(model, given, lunes).items():
        return _least(graph, seed, given, target, lunes[target]) or Difference(
            seed, target, len(graph.nodes), what, model, given
        )
    return None


def wrong(model: onnx.ModelProto, given: Samples, lunes: Mapping[str, Lune]) -> dict[str, str]:
    """Return by target how Luau differs from ONNX Runtime on some samples, if it does."""
    expected = oracle_outputs(Oracle(Source(model, "random", "", "")), given)
    try:
        optimised = run_pipeline(import_model(model, "random"))
    except Onnx2LuauError as error:
        return dict.fromkeys(lunes, f"refused: {error}")
    found = {target: _wrong(optimised, given, expected, lune) for target, lune in lunes.items()}
    return {target: what for target, what in found.items() if what}


def _tamed(graph: Graph, given: Samples) -> Samples:
    """Return samples with smaller numbers where a sum or an expression would overflow on the way.

    What comes out then is up to the order of additions, or one of the README's limits.
    """
    tame = []
    for index in range(count_of(given)):
        sample = select(given, index)
        for factor in FACTORS:
            smaller = {name: _times(array, factor) for name, array in sample.items()}
            if can_run(graph, smaller, has_large_floats=True):
                break
        tame.append(smaller)
    return {name: np.stack([sample[name] for sample in tame]) for name in given}


def _times(array: Array, factor: float) -> Array:
    return array if array.dtype != np.float32 else array * np.float32(factor)


def _wrong(graph: Graph, given: Samples, expected: Samples, lune: Lune) -> str:
    # A folder of its own for each graph: Luau keeps modules that it has loaded by their paths.
    with tempfile.TemporaryDirectory(prefix="onnx2luau-test-") as folder:
        try:
            actual = run_luau(graph, Options(target=lune.target), given, Path(folder), lune)
        except LuauError as error:
            return f"Luau stops: {error}"
        except Onnx2LuauError as error:
            return f"refused: {error}"
    # Each sample has a scale of its own: some are extreme.
    return compare(actual, expected, ordinary=0, referee=referee_for(graph, given)).difference


def _least(graph: Drawn, seed: int, given: Samples, target: str, lune: Lune) -> Difference | None:
    """Return the first tensor that is wrong when it is the only output."""
    for tensor in (name for node in graph.nodes for name in node.output):
        model = graph.model([tensor])
        if found := wrong(model, given, {target: lune}):
            return Difference(seed, target, len(model.graph.node), found[target], model, given)
    return None
