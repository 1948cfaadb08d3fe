"""Numbers at which a model's steps and comparisons decide: its own constants, and what reaches them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.scalars import Number, walk
from onnx2luau.compiler.ir.types import Array

SPECIAL = (0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 1.5, -1.5, 2.0, 2.5, 3.0, -2.0, 127.0, 255.0, 16777216.0)
FACTORS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.5, 7.0, 8.0, 9.5, 10.0)
MOST_CONSTANTS = 24
MOST_OF_ONE = 8
"""Numbers of one constant tensor; the rest is like them."""


def rounding_points(graph: Graph) -> Array:
    """Return f32 numbers to try: zeros, halves, and small multiples and fractions of the graph's constants.

    A step after a division by c decides at multiples of c, one after a product at those of 1 / c, and a
    comparison at c itself and its neighbours.
    """
    constants = np.unique(np.abs(np.fromiter(_constants(graph), np.float64)))
    constants = constants[np.isfinite(constants) & (constants > 0)]
    places = np.linspace(0, len(constants) - 1, min(len(constants), MOST_CONSTANTS)).round().astype(int)
    points = [*SPECIAL]
    with np.errstate(all="ignore"):
        for constant in constants[places].astype(np.float32):
            near = [np.nextafter(constant, np.float32(end)) for end in (-np.inf, np.inf)]
            reached = [number for factor in FACTORS for number in (constant * factor, factor / constant)]
            points += [sign * number for number in (*near, *reached) for sign in (1, -1)]
        found = np.asarray(points, np.float32)
    # Zero and its negative are two numbers.
    return np.unique(found[np.isfinite(found)].view(np.uint32)).view(np.float32)


def _constants(graph: Graph) -> Iterator[float]:
    for node in graph.nodes:
        for body in node.op.bodies:
            yield from (part.value for part in walk(body) if isinstance(part, Number))
        if isinstance(node.op, Pointwise):
            for value in node.op.inputs:
                array = graph.constants.get(value, np.zeros(0))
                yield from np.unique(array)[:MOST_OF_ONE].astype(np.float64)
