"""Some graphs, one after another, in a process of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from onnx2luau.backends.luau.options import TARGETS
from onnx2luau.backends.lune.lune import Lune
from tests.random_graphs.bodies import BODIES
from tests.random_graphs.cutting import ALL
from tests.random_graphs.trial import Difference, difference, drawn
from tests.random_graphs.values import EXTREME, PLAIN

CHUNK = 50
"""Graphs that a Lune process runs; it keeps every module that it has loaded."""


def chunk(start: int, end: int, steps: int, extremes: bool) -> tuple[int, list[Difference]]:
    """Return how many graphs were compared, and those that are wrong."""
    with ExitStack() as stack:
        lunes = {target: stack.enter_context(Lune(target)) for target in TARGETS}
        seeds = range(start, min(start + CHUNK, end))
        return len(seeds), list(_differences(seeds, lunes, steps, extremes))


def _differences(seeds: range, lunes: dict[str, Lune], steps: int, extremes: bool) -> Iterator[Difference]:
    families = {**PLAIN, **(EXTREME if extremes else {})}
    for seed in seeds:
        found = difference(drawn(seed, [*ALL, *BODIES], steps), seed, families, lunes)
        if found is not None:
            yield found
