"""Draws samples that look for faults: what a step, a comparison, a sum or a maximum may get wrong.

Numbers drawn at random lie on no grid, are never zero, equal or extreme, and never meet a constant of the
model. So only some samples are normal; the others hit what generated code can do wrong. All are seeded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from onnx2luau.compiler.ir.graph import Graph, Port
from onnx2luau.compiler.ir.types import Array, DType
from onnx2luau.proof.evidence import Evidence
from onnx2luau.proof.legality import can_run
from onnx2luau.proof.rounding_points import rounding_points
from onnx2luau.samples.samples import Samples

Generator = np.random.Generator
Draw = Callable[[Generator, tuple[int, ...]], Array]

LARGEST = float(np.finfo(np.float32).max)
TINIEST = float(np.finfo(np.float32).smallest_subnormal)
TIES = (0.0, 1.0, -1.0, 0.5)
EXTREMES = (
    LARGEST,
    -LARGEST,
    1e30,
    -1e30,
    1e19,
    -1e19,
    100.0,
    -100.0,
    TINIEST,
    -1e-38,
    1e-30,
    0.0,
    -0.0,
    1.0,
)
SMALL = (0, 1)
"""Integers that are indices into any table."""
INTEGERS = (0, 1, -1, 2, 3, 5, -2, -3, 7, 10, 100, 255, -128)
UNEVEN = (2**24 - 1, 2**24, 2**24 + 1, 2**24 + 2, 2**24 + 3, 2**24 + 5)
"""Where singles begin to leave integers out; all of one sign, or their differences would hide it."""
LARGE_INTEGERS = (-(2**24) - 1, 2**31 - 1, -(2**31), 2**31, 2**32 + 1, -(2**40) - 1, 2**53 - 1, 1 - 2**53)
MODERATE = 1e4
"""Points beyond are tried apart: beside them, the others would hardly count."""
FACTORS = (1.0, 1e-8, 1e-19)
"""By which extreme numbers are made smaller, until no sum of them overflows."""
MOST_EXTRA = 96
"""More samples of rounding points for a model of so few inputs that one sample holds only some of them."""


@dataclass(frozen=True)
class _Recipe:
    """How one sample is drawn."""

    floats: Draw
    integers: Draw
    is_ordinary: bool = False
    is_extreme: bool = False
    """Whether sums of such floats may overflow."""
    is_tamable: bool = True
    """Whether smaller ones tell something, too. Equal ones don't: their deviation is all rounding."""


def draw_probes(graph: Graph, count: int, seed: int = 0) -> Evidence:
    """Return `count` samples for a graph's inputs, the most telling kinds where that is few."""
    generator = np.random.default_rng(seed)
    points = rounding_points(graph)
    moderate = generator.permutation(points[np.abs(points) <= MODERATE])
    recipes = _recipes(moderate, points[np.abs(points) > MODERATE])
    size = sum(port.value.type.size for port in graph.inputs)
    extra = min(MOST_EXTRA, len(moderate) // size) if size and count >= len(recipes) else 0
    chosen = [*recipes[:count], *[_NORMAL] * (count - len(recipes)), *[recipes[1]] * extra]
    chosen.sort(key=lambda recipe: not recipe.is_ordinary)
    drawn = [_sample(graph, recipe, generator) for recipe in chosen]
    samples = {port.name: np.stack([each[port.name] for each in drawn]) for port in graph.inputs}
    return Evidence(samples, sum(recipe.is_ordinary for recipe in chosen))


def _sample(graph: Graph, recipe: _Recipe, generator: Generator) -> Samples:
    """Return one sample; a tamer one where the model can't take what was drawn."""
    sample: Samples = {}
    for tamer in (*_tamed(recipe), _NORMAL, _ONES):
        sample = {port.name: _array(port, tamer, generator) for port in graph.inputs}
        if can_run(graph, sample, has_large_floats=recipe.is_extreme):
            break
    return sample


def _tamed(recipe: _Recipe) -> list[_Recipe]:
    """Return the recipe with smaller and smaller numbers."""
    integers = [recipe, replace(recipe, integers=_any_of(SMALL))]
    if not (recipe.is_extreme and recipe.is_tamable):
        return integers
    return [replace(each, floats=_times(each.floats, factor)) for factor in FACTORS for each in integers]


def _array(port: Port, recipe: _Recipe, generator: Generator) -> Array:
    dtype, shape = port.value.type.dtype, port.value.shape
    if dtype is DType.BOOL:
        return generator.integers(0, 2, shape).astype(np.bool_)
    if not dtype.is_integer:
        return recipe.floats(generator, shape).astype(np.float32)
    bits = 8 * dtype.numpy.itemsize - 1
    return np.clip(recipe.integers(generator, shape), -(2**bits), 2**bits - 1).astype(dtype.numpy)


def _normal(generator: Generator, shape: tuple[int, ...]) -> Array:
    return generator.standard_normal(shape)


def _unit(generator: Generator, shape: tuple[int, ...]) -> Array:
    return generator.random(shape)


def _whole(generator: Generator, shape: tuple[int, ...]) -> Array:
    return generator.integers(0, 256, shape).astype(np.float64)


def _any_of(numbers: tuple[float, ...]) -> Draw:
    return lambda generator, shape: generator.choice(np.asarray(numbers), shape)


def _all(number: float) -> Draw:
    return lambda _generator, shape: np.full(shape, number)


def _times(draw: Draw, factor: float) -> Draw:
    return lambda generator, shape: draw(generator, shape) * factor


def _dealt(points: Array) -> Draw:
    """Deal out the points one after another, so that none is left out before all have been used."""
    place = 0

    def draw(_generator: Generator, shape: tuple[int, ...]) -> Array:
        nonlocal place
        size = int(np.prod(shape))
        dealt = points[np.arange(place, place + size) % len(points)]
        place = (place + size) % len(points)
        return dealt.reshape(shape)

    return draw


def _some(numbers: tuple[float, ...]) -> Draw:
    """Put the numbers between normal ones: one in eight is such a one, or one in two until all are there."""

    def draw(generator: Generator, shape: tuple[int, ...]) -> Array:
        array = generator.standard_normal(shape).ravel()
        count = max(1, array.size // 8, min(len(numbers), array.size // 2))
        places = generator.permutation(array.size)[:count]
        array[places] = np.resize(generator.permutation(numbers), len(places))
        return array.reshape(shape)

    return draw


_NORMAL = _Recipe(_normal, _any_of(SMALL), is_ordinary=True)
_ONES = _Recipe(_normal, _all(1), is_ordinary=True)


def _recipes(moderate: Array, large: Array) -> list[_Recipe]:
    """Return the kinds of samples, the most telling first."""
    points = _dealt(moderate)
    return [
        _NORMAL,
        _Recipe(points, _any_of(INTEGERS)),
        _Recipe(_any_of((*EXTREMES, *large.tolist())), _any_of((*UNEVEN, *LARGE_INTEGERS)), is_extreme=True),
        _Recipe(_any_of(TIES), _any_of(SMALL), is_ordinary=True),
        _Recipe(_some((np.nan,)), _any_of(UNEVEN), is_extreme=True),
        _Recipe(_some((np.inf, -np.inf)), _all(2), is_extreme=True),
        _NORMAL,
        _Recipe(_all(-LARGEST), _all(-1), is_extreme=True, is_tamable=False),
        _Recipe(_whole, _any_of(tuple(range(8)))),
        _Recipe(_unit, _any_of(SMALL), is_ordinary=True),
        _Recipe(points, _any_of(INTEGERS)),
        _Recipe(_all(0.0), _all(0), is_ordinary=True),
        *[_NORMAL] * 4,
    ]
