"""Proves a build against ONNX Runtime: the generated code under Lune, on samples, on every number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from onnx2luau.backends.lune.lune import Lune
from onnx2luau.backends.lune.run_time import Work, work_of
from onnx2luau.backends.numpy import Steps, StepsOfBoth
from onnx2luau.compiler.agreement import Agreement, compare
from onnx2luau.compiler.agreement.opinion import Opinion, Referee
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value
from onnx2luau.proof.evidence import Evidence
from onnx2luau.proof.oracle import Judge
from onnx2luau.samples.samples import Samples, count_of, select

MOST_NUMBERS = 4_000_000
"""Numbers that go to Lune in one request, so that memory stays small however many samples there are."""

ODD = 1e30
"""Numbers from here on, NaN and infinities are odd inputs."""

Advance = Callable[[int], None]
"""Told how many more samples are done under Lune, and 0 before each that is done elsewhere.

It may raise an error to end the proof.
"""


@dataclass(frozen=True)
class Verification:
    """What was found.

    Of a build with rounded weights, `code` compares with the reference on the same weights and decides;
    `against_oracle` tells what the rounding cost.
    """

    against_oracle: Agreement
    code: Agreement
    self_test: bool

    @property
    def agrees(self) -> bool:
        """Whether the generated code computes what it should."""
        return self.code.agrees and self.self_test

    @property
    def needs_room(self) -> bool:
        """Whether only the self-test fails, which can't ask the referee that the proof needed."""
        return self.code.agrees and not self.self_test and self.code.rule == "referee"

    @property
    def difference(self) -> str:
        """Where it does not."""
        return self.code.difference or ("" if self.self_test else "the embedded self-test fails")


def verify_build(
    folder: Path,
    graph: Graph,
    oracle: Judge,
    evidence: Evidence,
    *,
    target: str,
    rounded: bool,
    advance: Advance = lambda _: None,
    lune: Lune | None = None,
) -> Verification:
    """Run a build under Lune on the evidence and compare with ONNX Runtime.

    `graph` is what the build was made from; with `rounded` weights, it is the reference for the code.
    """
    samples = evidence.samples
    with nullcontext(lune) if lune is not None else Lune(target) as host:
        work = work_of(graph)
        actual = run_in_batches(host, folder, samples, work, advance)
        self_test = host.self_test(folder, work)
    expected = oracle_outputs(oracle, graph, samples, advance)
    referee, ordinary = referee_for(graph, samples, advance), evidence.ordinary
    if not rounded:
        agreement = compare(actual, expected, evidence.labels, ordinary=ordinary, referee=referee)
        return Verification(agreement, agreement, self_test)
    against_oracle = compare(actual, expected, evidence.labels, ordinary=ordinary)
    reference = reference_outputs(graph, samples, advance)
    code = compare(actual, reference, ordinary=ordinary, referee=referee)
    return Verification(against_oracle, code, self_test)


def referee_for(graph: Graph, samples: Samples, advance: Advance = lambda _: None) -> Referee:
    """Return what decides about roundings: the reference's answers in doubles, and how far singles may stray.

    That is what singles give, and what doubles give when each input is off by a rounding.
    """
    generator = np.random.default_rng(0)

    def disturbed(array: Array) -> Array:
        if array.dtype.kind != "f":
            return array
        return array.astype(np.float64) * (
            1 + np.finfo(np.float32).eps * generator.uniform(-1, 1, array.shape)
        )

    def answers(given: Sequence[Samples]) -> list[tuple[Samples, Samples]]:
        steps, found = StepsOfBoth(graph), []
        for sample in given:
            advance(0)
            found.append(steps.run(sample))
        return found

    def referee(indices: Sequence[int]) -> Opinion:
        chosen = [select(samples, index) for index in indices]
        # States depend on all samples before.
        needed = range(max(indices, default=-1) + 1) if graph.states else indices
        given = [select(samples, index) for index in needed]
        moved = [{name: disturbed(array) for name, array in sample.items()} for sample in given]
        places = [list(needed).index(index) for index in indices]
        found, others = answers(given), answers(moved)
        both = [found[place] for place in places]
        strays = [[singles for singles, _ in both], [others[place][1] for place in places]]
        is_odd = [any(_is_odd(array) for array in sample.values()) for sample in chosen]
        right = _stacked(graph, [doubles for _, doubles in both])
        stacked = [_stacked(graph, each) for each in strays]
        return Opinion(right, stacked, np.asarray(is_odd), _chosen_outputs(graph))

    return referee


def _chosen_outputs(graph: Graph) -> set[str]:
    """Return the outputs that depend on an op which chooses among numbers."""
    found: set[Value] = set()
    for node in graph.nodes:
        if node.op.decides or not found.isdisjoint(node.op.operands):
            found.update(node.results)
    return {port.name for port in graph.outputs if port.value in found}


def _is_odd(array: Array) -> bool:
    return array.dtype.kind == "f" and not bool((np.abs(array) < ODD).all())


def run_in_batches(
    lune: Lune, folder: Path, samples: Samples, work: Work, advance: Advance = lambda _: None
) -> Samples:
    """Return the outputs [samples, *shape] of a build under Lune."""
    count = count_of(samples)
    each = sum(array[0].size for array in samples.values()) or 1
    size = max(1, MOST_NUMBERS // each)
    parts = []
    for start in range(0, count, size):
        batch = {name: array[start : start + size] for name, array in samples.items()}
        parts.append(lune.run(folder, batch, min(size, count - start), work, advance))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def oracle_outputs(
    oracle: Judge, graph: Graph, samples: Samples, advance: Advance = lambda _: None
) -> Samples:
    """Return ONNX Runtime's outputs [samples, *shape] for the outputs of a graph."""
    results = []
    oracle.start()
    for index in range(count_of(samples)):
        advance(0)
        results.append(oracle.run(select(samples, index)))
    return _stacked(graph, results)


def reference_outputs(graph: Graph, samples: Samples, advance: Advance = lambda _: None) -> Samples:
    """Return the numpy reference's outputs [samples, *shape]."""
    results, steps = [], Steps(graph)
    for index in range(count_of(samples)):
        advance(0)
        results.append(steps.run(select(samples, index)))
    return _stacked(graph, results)


def _stacked(graph: Graph, results: Sequence[Mapping[str, Array]]) -> Samples:
    return {port.name: np.stack([result[port.name] for result in results]) for port in graph.outputs}
