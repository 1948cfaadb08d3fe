"""Samples that find faults: numbers on which something turns, which normal ones never are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from tests.cases import Array
from tests.random_graphs.drawn import BOOL, F32, Drawn, Shape

LARGE = [3.4028235e38, -3.4028235e38, 1e30, -1e20, 16777217.0, 1e-45, -1.2e-38, 1e-30, 0.0, 1.0]
SPECIAL = [np.inf, -np.inf, np.nan, 0.0, -0.0, 1.0, -2.5]
Family = Callable[[Drawn, Shape], Array]


def normal(g: Drawn, shape: Shape) -> Array:
    return g.numbers.standard_normal(shape) * g.random.choice([1, 3])


def whole(g: Drawn, shape: Shape) -> Array:
    return g.numbers.integers(-4, 5, shape)


def halves(g: Drawn, shape: Shape) -> Array:
    return g.numbers.integers(-8, 9, shape) / 2


def tenths(g: Drawn, shape: Shape) -> Array:
    return g.numbers.integers(-20, 21, shape) / 10


def zeros(g: Drawn, shape: Shape) -> Array:
    return g.numbers.choice([0.0, -0.0], shape)


def ties(g: Drawn, shape: Shape) -> Array:
    return g.numbers.choice(g.numbers.standard_normal(2), shape)


def own(g: Drawn, shape: Shape) -> Array:
    """The graph's own constants, and the next larger numbers of some of them; 0 has none that is usual."""
    numbers = [array.ravel() for array in g.constants.values() if array.dtype == np.float32]
    pool = np.concatenate([*numbers, np.zeros(1, np.float32)])
    picked = g.numbers.choice(pool, shape).astype(np.float32)
    is_next = (g.numbers.random(shape) < 0.3) & (picked != 0)
    return np.where(is_next, np.nextafter(picked, np.float32(np.inf)), picked)


def large(g: Drawn, shape: Shape) -> Array:
    return g.numbers.choice(LARGE, shape)


def special(g: Drawn, shape: Shape) -> Array:
    return g.numbers.choice(SPECIAL, shape)


PLAIN: dict[str, Family] = {
    **{family.__name__: family for family in (normal, whole, halves, tenths, zeros, ties, own)},
    "own again": own,
}
EXTREME: dict[str, Family] = {"large": large, "special": special}


def samples(g: Drawn, families: Mapping[str, Family]) -> dict[str, Array]:
    """Return a sample of each family [families, *shape] for each input; integers and truth values are small."""
    result = {}
    for each in g.inputs:
        if each.dtype == F32:
            arrays = [family(g, each.shape) for family in families.values()]
        elif each.dtype == BOOL:
            arrays = [g.numbers.random(each.shape) < 0.5 for _ in families]
        else:
            arrays = [g.integers(each.shape, each.dtype) for _ in families]
        result[each.name] = np.stack(arrays).astype(each.dtype)
    return result
