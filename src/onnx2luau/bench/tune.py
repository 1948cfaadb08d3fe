"""Chooses schedules by measuring: every layer under Lune in each way that would be right for it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from onnx2luau.backends.luau.program import Kernel
from onnx2luau.backends.luau.scheduling import schedule
from onnx2luau.backends.luau.scheduling.wishes import APART
from onnx2luau.bench.layers import LayerTime, time_layers
from onnx2luau.bench.measure import Advance, Spread
from onnx2luau.density import densities_for
from onnx2luau.driver import compile_model, read_graph
from onnx2luau.progress import silent
from onnx2luau.request import Request

ROUNDS = 5


@dataclass(frozen=True)
class Measured:
    """One layer in every way that would be right for it."""

    chosen: LayerTime
    """As the request has it: by the user's schedule, or the one of the least estimated cost."""
    schedules: Mapping[str, Spread]
    """Microseconds a prediction by schedule; empty for a layer that has none."""

    @property
    def fastest(self) -> str:
        """The schedule of the least median."""
        return min(self.schedules, key=lambda name: self.schedules[name].median)


def tuned(request: Request, advance: Advance) -> Request:
    """Return the request with the fastest schedule for each layer, and what was measured.

    Layers whose schedule the user has chosen keep it.
    """
    fixed = request.options.schedules
    fastest, measured = {}, {}
    for each in measure_schedules(request, ROUNDS, advance):
        layer = each.chosen
        if each.schedules and not {layer.name, layer.layer} & fixed.keys():
            fastest[layer.name] = each.fastest
            measured[layer.name] = {name: time.median for name, time in each.schedules.items()}
    options = replace(request.options, schedules={**fixed, **fastest})
    return replace(request, options=options, tuning=measured)


def measure_schedules(request: Request, rounds: int, advance: Advance) -> list[Measured]:
    """Time every layer in every way that would be right for it, in builds that are proved first.

    The builds differ in all layers at once, and their layers are timed in turn, round after round.
    """
    quiet = replace(request, progress=silent)
    source, graph = read_graph(quiet)
    samples = request.samples_for(graph)
    kernels = schedule(graph, request.options, densities_for(request, graph)).kernels
    quiet = replace(quiet, model=source.path or (request.model if source.graph is not None else source.model))
    with tempfile.TemporaryDirectory(prefix="onnx2luau-") as scratch:
        folders = []
        for number, schedules in enumerate(_choices(kernels)):
            folders.append(Path(scratch) / str(number))
            options = replace(request.options, schedules=schedules)
            compile_model(replace(quiet, options=options), folders[-1])
        times = time_layers(folders, samples, request.options.target, rounds, advance)
    builds = [{time.name: time for time in build} for build in times]
    return [_measured(kernel, builds) for kernel in kernels]


def _choices(kernels: Sequence[Kernel]) -> list[dict[str, str]]:
    """Return the schedules of each build: first the chosen ones, then the others of each kernel in turn."""
    builds = max((len(kernel.alternatives) for kernel in kernels), default=0)
    orders = {
        kernel.name: [kernel.schedule, *(name for name in kernel.alternatives if name != kernel.schedule)]
        for kernel in kernels
        if kernel.alternatives
    }
    return [
        {name: order[min(number, len(order) - 1)] for name, order in orders.items()}
        for number in range(max(builds, 1))
    ]


def _measured(kernel: Kernel, builds: Sequence[Mapping[str, LayerTime]]) -> Measured:
    schedules: dict[str, Spread] = {}
    for times in builds if kernel.alternatives else ():
        schedule, time = times[kernel.name].schedule, times[kernel.name].microseconds
        if len(kernel.nodes) > 1 and times.keys() >= set(kernel.own_names):
            schedule, time = APART, _sum([times[name].microseconds for name in kernel.own_names])
        # A kernel with few schedules has its last one in several builds; the first of them counts.
        schedules.setdefault(schedule, time)
    return Measured(builds[0][kernel.name], dict(sorted(schedules.items())))


def _sum(times: Sequence[Spread]) -> Spread:
    totals = (sum(getattr(time, name) for time in times) for name in ("median", "least", "most"))
    return Spread(*totals)
