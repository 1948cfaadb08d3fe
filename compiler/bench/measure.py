"""One run of a benchmark: all engines in turn, round after round, so that drift hits all alike."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from onnx2luau.backends.luau.lune import Lune
from onnx2luau.backends.luau.options import TARGETS
from onnx2luau.compiler.bench.engines import (
    Engine,
    check_textbook,
    luau_engine,
    numpy_engine,
    oracle_engine,
)
from onnx2luau.compiler.bench.textbook import NoTextbookError, write_textbook
from onnx2luau.compiler.driver import compile_model, read_graph
from onnx2luau.compiler.ir.graph import Port
from onnx2luau.compiler.manifest import read_manifest
from onnx2luau.compiler.oracle import Oracle
from onnx2luau.compiler.request import Request
from onnx2luau.compiler.samples import Samples, load_samples, random_samples, select

LOADS = 3
Advance = Callable[[int], None]


@dataclass(frozen=True)
class Figures:
    """What was measured of one engine; the first engine's ratio is 1."""

    engine: str
    median: float
    """Microseconds a prediction."""
    least: float
    most: float
    ratio: float = 1.0
    load: float | None = None
    """Milliseconds to require and decode."""
    bytes: int | None = None
    """Size on disk."""


@dataclass(frozen=True)
class Result:
    """A whole run, and what could not be part of it."""

    name: str
    figures: list[Figures]
    remarks: list[str]


def bench_model(request: Request, rounds: int, advance: Advance) -> Result:
    """Compile a model for both targets and measure it against textbook Luau, ONNX Runtime and numpy."""
    source, graph = read_graph(request)
    sample = select(request.samples_for(graph), 0)
    oracle = Oracle(source)
    remarks: list[str] = []
    with tempfile.TemporaryDirectory(prefix="onnx2luau-") as scratch, _lunes() as lunes:
        folder = Path(scratch)
        builds = {}
        for target in TARGETS:
            options = replace(request.options, target=target)
            builds[target] = folder / target
            # From memory: a Keras model need not be converted again for each target.
            again = replace(request, model=source.model, options=options, verify=False)
            compile_model(again, builds[target])
        files = _write(sample, graph.inputs, folder)
        engines = [luau_engine(f"generated, {t}", builds[t] / "Model.luau", lunes[t], files) for t in TARGETS]
        modules = {f"generated, {target}": build / "Model.luau" for target, build in builds.items()}
        try:
            textbook = write_textbook(graph, folder / "textbook")
            expected = oracle.run(sample)[graph.outputs[0].name]
            check_textbook(textbook, lunes["client"], files, expected)
            engines += [luau_engine(f"textbook, {t}", textbook, lunes[t], files) for t in TARGETS]
            modules |= {f"textbook, {target}": textbook for target in TARGETS}
        except NoTextbookError as reason:
            remarks.append(f"no textbook lines: {reason}")
        engines += [oracle_engine(oracle, sample), numpy_engine(graph, sample)]
        figures = _measure(engines, rounds, advance)
        return Result(source.name, _with_loads(figures, modules), remarks)


def bench_build(folder: Path, inputs: Path | None, rounds: int, advance: Advance) -> Result:
    """Measure a build alone, in the interpreter and natively."""
    manifest = read_manifest(folder)
    ports = manifest.input_ports()
    samples = load_samples(inputs, ports) if inputs is not None else random_samples(ports, 1)
    with tempfile.TemporaryDirectory(prefix="onnx2luau-") as scratch, _lunes() as lunes:
        files = _write(select(samples, 0), ports, Path(scratch))
        module = folder / "Model.luau"
        engines = [luau_engine(f"generated, {target}", module, lunes[target], files) for target in TARGETS]
        figures = _measure(engines, rounds, advance)
        loaded = _with_loads(figures, {engine.name: module for engine in engines})
    remark = "without its model a build can't be compared with ONNX Runtime, numpy or the textbook"
    return Result(manifest.name, loaded, [remark])


@contextmanager
def _lunes() -> Iterator[dict[str, Lune]]:
    """Yield a Lune process for each target."""
    with ExitStack() as stack:
        yield {target: stack.enter_context(Lune(target)) for target in TARGETS}


def _measure(engines: Sequence[Engine], rounds: int, advance: Advance) -> list[Figures]:
    times: dict[str, list[float]] = {engine.name: [] for engine in engines}
    for engine in engines:
        engine.measure()  # to warm up
    for _ in range(rounds):
        for engine in engines:
            times[engine.name].append(engine.measure())
        advance(1)
    base = statistics.median(times[engines[0].name])
    return [
        Figures(name, statistics.median(each), min(each), max(each), statistics.median(each) / base)
        for name, each in times.items()
    ]


def _with_loads(figures: list[Figures], modules: dict[str, Path]) -> list[Figures]:
    result = []
    for each in figures:
        module = modules.get(each.engine)
        if module is None:
            result.append(each)
            continue
        target = each.engine.rpartition(", ")[2]
        size = sum(path.stat().st_size for path in module.parent.rglob("*") if path.is_file())
        result.append(replace(each, load=_load(module, target), bytes=size))
    return result


def _load(module: Path, target: str) -> float:
    """Return the median of several loads, each in a process of its own."""
    times = []
    for _ in range(LOADS):
        with Lune(target) as lune:
            times.append(float(lune.call("load", {"model": lune.require_path(module)})["milliseconds"]))
    return statistics.median(times)


def _write(sample: Samples, ports: Sequence[Port], folder: Path) -> list[str]:
    paths = []
    for index, port in enumerate(ports):
        path = folder / f"input{index}.bin"
        path.write_bytes(np.ascontiguousarray(sample[port.name], "<f8").tobytes())
        paths.append(str(path))
    return paths
