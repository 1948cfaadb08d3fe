"""How long a build takes to run under Lune: what is expected, and what is too long."""

from __future__ import annotations

import math
from dataclasses import dataclass

from onnx2luau.compiler.ir.cost import cost_of
from onnx2luau.compiler.ir.graph import Graph

NANOSECONDS = {"client": (8.0, 60.0), "server": (3.0, 20.0)}
"""Of a multiply-add and of an element of a layer's result, by target; schedules differ by a factor of ten."""
LOADING = 300.0
"""Nanoseconds to decode a parameter."""
GENEROUS = 50
"""How many times the expected time a run may take: machines are slow or busy, and schedules unfortunate."""
LEAST = 60.0
"""Seconds that every run may take."""


@dataclass(frozen=True)
class Work:
    """What there is to compute."""

    multiply_adds: int
    elements: int
    """Of the inputs, and of what every layer makes."""
    parameters: int

    def expected_seconds(self, target: str, samples: int) -> float:
        """Return about how many seconds some samples take."""
        multiply_add, element = NANOSECONDS[target]
        each = self.multiply_adds * multiply_add + self.elements * element
        return (self.parameters * LOADING + samples * each) / 1e9

    def longest_seconds(self, target: str, samples: int) -> float:
        """Return after how many seconds a run of some samples has gone wrong."""
        return LEAST + GENEROUS * self.expected_seconds(target, samples)


def work_of(graph: Graph) -> Work:
    """Return what a run of a graph takes."""
    shapes = [port.value.shape for port in graph.inputs] + [node.result.shape for node in graph.nodes]
    multiply_adds = sum(cost_of(node.op, ()).multiply_adds for node in graph.nodes)
    return Work(multiply_adds, sum(map(math.prod, shapes)), graph.parameters())
