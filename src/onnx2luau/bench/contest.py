"""Who takes part: a model against everything it could be replaced by, or a build alone."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from onnx2luau.backends.luau.options import TARGETS, Options
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.backends.lune.run_time import work_of
from onnx2luau.bench.batches import batched_graphs, takes_batches
from onnx2luau.bench.engines import (
    GENERATED,
    TEXTBOOK,
    Engine,
    luau_engine,
    oracle_engine,
    write_samples,
)
from onnx2luau.bench.measure import Advance, Footprint, Times, footprints, measure_all
from onnx2luau.bench.numpy_engine import numpy_engine
from onnx2luau.bench.textbook import NoTextbookError, write_textbook
from onnx2luau.builds.described import check_described
from onnx2luau.builds.manifest import Manifest, read_manifest
from onnx2luau.compiler.errors import DisagreementError, UsageError
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.driver import compile_model, read_graph
from onnx2luau.proof.oracle import Oracle
from onnx2luau.proof.verify import oracle_outputs, run_in_batches
from onnx2luau.request import Request
from onnx2luau.samples.given_samples import load_samples
from onnx2luau.samples.samples import Samples, count_of, random_samples

MOST_SAMPLES = 100
MOST_NUMBERS = 1_000_000
"""Numbers of all samples together: every engine keeps them in memory."""
MOST_IN_A_BATCH = 2**27
"""Numbers that all samples of a batch make together; Luau takes 16 bytes for each."""
RANDOM_SAMPLES = 16
TEXTBOOK_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Result:
    """A whole run, and what could not be part of it."""

    name: str
    samples: int
    rounds: int
    times: list[Times]
    footprints: list[Footprint]
    remarks: list[str]


def bench_model(
    request: Request,
    rounds: int,
    advance: Advance,
    targets: Sequence[str] = TARGETS,
    batches: Sequence[int] = (1,),
) -> Result:
    """Compile and prove a model for each target, and measure it beside textbook Luau, ONNX Runtime and numpy.

    Those three compute with the model's own weights, also where the generated code has rounded ones.
    """
    source, graph = read_graph(replace(request, options=Options()))
    if source.graph is not None:
        raise UsageError(
            f"{source.file} is a graph, which ONNX Runtime can't run; bench its build or a model"
        )
    check_batch(max(batches), sum(each.type.size for each in graph.values()))
    samples = _some(request.samples_for(graph), max(batches))
    oracle = Oracle(source, optimised=True, states=request.states)
    remarks: list[str] = []
    with tempfile.TemporaryDirectory(prefix="onnx2luau-") as scratch, ExitStack() as stack:
        folder = Path(scratch)
        files = write_samples(samples, graph.inputs, folder)
        # What predictBatch is for.
        is_simple = len(graph.inputs) == len(graph.outputs) == 1
        engines: list[Engine] = []
        for target in targets:
            options = replace(request.options, target=target)
            # From memory: a Keras model need not be converted again for each target.
            again = replace(request, model=source.path or source.model, options=options, inputs=samples)
            compile_model(again, folder / target)
            module = folder / target / "Model.luau"
            engines.append(luau_engine(GENERATED, module, target, files, stack, takes_batches=is_simple))
        try:
            textbook = write_textbook(graph, folder / TEXTBOOK)
            with Lune("server") as lune:
                check_textbook(textbook, graph, samples, oracle, lune)
            engines += [
                luau_engine(TEXTBOOK, textbook, target, files, stack, takes_batches=False)
                for target in targets
            ]
        except NoTextbookError as reason:
            remarks.append(f"no textbook lines: {reason}")
        sizes = [size for size in batches if size > 1]
        is_open = bool(sizes) and takes_batches(oracle, samples)
        batched = batched_graphs(source, oracle, samples, sizes) if is_open else {}
        engines.append(oracle_engine(oracle, samples, is_open))
        engines.append(numpy_engine(graph, batched, samples, stack))
        times = [
            each for batch in batches for each in measure_all(engines, batch, files.count, rounds, advance)
        ]
        return Result(source.name, files.count, rounds, times, footprints(engines), remarks)


def bench_build(
    folder: Path,
    inputs: Path | None,
    rounds: int,
    advance: Advance,
    targets: Sequence[str] = TARGETS,
    batches: Sequence[int] = (1,),
) -> Result:
    """Measure a build alone, in the interpreter and natively; DisagreementError if its self-test fails."""
    manifest = read_manifest(folder)
    check_batch(max(batches), sum(math.prod(each["shape"]) for each in [*manifest.inputs, *manifest.layers]))
    samples = _some(build_samples(manifest, inputs), max(batches))
    with Lune(targets[0]) as lune:
        check_described(lune, folder, manifest)
        if not lune.self_test(folder, manifest.work):
            raise DisagreementError(f"{folder} fails its own self-test, so it is not timed")
    with tempfile.TemporaryDirectory(prefix="onnx2luau-") as scratch, ExitStack() as stack:
        files = write_samples(samples, manifest.input_ports(), Path(scratch))
        module = folder / "Model.luau"
        is_simple = len(manifest.inputs) == len(manifest.outputs) == 1
        engines = [
            luau_engine(GENERATED, module, target, files, stack, takes_batches=is_simple)
            for target in targets
        ]
        times = [
            each for batch in batches for each in measure_all(engines, batch, files.count, rounds, advance)
        ]
        remark = "without its model a build can't be compared with ONNX Runtime, numpy or the textbook"
        return Result(manifest.name, files.count, rounds, times, footprints(engines), [remark])


def check_batch(batch: int, size: int) -> None:
    """Raise UsageError for a batch that takes too much memory; `size`: elements that a sample makes."""
    most = max(1, MOST_IN_A_BATCH // max(size, 1))
    if batch > most:
        raise UsageError(
            f"--batch {batch:,} takes more memory than there may be: of this model, which makes {size:,} "
            f"numbers of each sample, at most {most:,} go together"
        )


def build_samples(manifest: Manifest, inputs: Path | None) -> Samples:
    """Return the samples of a file that fit a build, or random ones."""
    ports = manifest.input_ports()
    return load_samples(inputs, ports) if inputs is not None else random_samples(ports, RANDOM_SAMPLES)


def check_textbook(module: Path, graph: Graph, samples: Samples, oracle: Oracle, lune: Lune) -> None:
    """Raise NoTextbookError if the textbook engine is wrong on any sample: a wrong one must not be timed."""
    actual = run_in_batches(lune, module.parent, samples, work_of(graph))
    for name, expected in oracle_outputs(oracle, graph, samples).items():
        if not np.allclose(actual[name], expected, TEXTBOOK_TOLERANCE, TEXTBOOK_TOLERANCE):
            raise NoTextbookError("the textbook engine does not agree with ONNX Runtime, so it is not timed")


def _some(samples: Samples, fewest: int) -> Samples:
    """Return as many samples as a benchmark needs and memory likes; the same again if they are too few."""
    size = sum(array[0].size for array in samples.values())
    most = max(1, min(MOST_SAMPLES, count_of(samples), MOST_NUMBERS // max(size, 1)))
    taken = np.arange(max(most, fewest)) % most
    return {name: np.asarray(array[taken]) for name, array in samples.items()}
