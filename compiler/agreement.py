"""How close two sets of answers are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from onnx2luau.compiler.ir.types import Array

ABSOLUTE = 1e-5
RELATIVE = 1e-4


@dataclass(frozen=True)
class Agreement:
    """Figures of a comparison; `difference` says where it fails, or is empty."""

    samples: int
    worst_absolute: float
    worst_relative: float
    worst_ulp: int
    answers_changed: int
    difference: str = ""
    accuracy: float | None = None
    """Share of samples answered as labelled, where labels were given."""
    oracle_accuracy: float | None = None

    @property
    def agrees(self) -> bool:
        """Whether every number is within the tolerance."""
        return not self.difference

    def figures(self) -> dict[str, object]:
        """Return the figures for JSON, without those that are not known."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "")}


def compare(actual: dict[str, Array], expected: dict[str, Array], labels: Array | None = None) -> Agreement:
    """Compare outputs [samples, *shape] by name: |a - e| <= 1e-5 + 1e-4 |e| everywhere, NaN equal to NaN."""
    absolute = relative = 0.0
    ulp = 0
    difference = ""
    changed = np.zeros(len(next(iter(expected.values()))), np.bool_)
    for name, right in expected.items():
        got = np.asarray(actual[name], np.float64).reshape(right.shape)
        target = right.astype(np.float64)
        errors = _errors(got, target)
        outside = errors > ABSOLUTE + RELATIVE * np.where(np.isfinite(target), np.abs(target), 0)
        if outside.any() and not difference:
            difference = _describe(name, outside, got, target)
        absolute = max(absolute, float(errors.max(initial=0)))
        with np.errstate(all="ignore"):
            ratios = np.where(target != 0, errors / np.abs(target), 0)
        relative = max(relative, float(np.nan_to_num(ratios, nan=0.0).max(initial=0)))
        ulp = max(ulp, _ulp(got, right))
        changed |= answers(got) != answers(target)
    first = next(iter(expected))
    return Agreement(
        len(changed),
        absolute,
        relative,
        ulp,
        int(changed.sum()),
        difference,
        None if labels is None else _share(actual[first], labels),
        None if labels is None else _share(expected[first], labels),
    )


def answers(outputs: Array) -> Array:
    """Return the index of the largest element of each sample [samples, *shape]; of single numbers, 0."""
    if outputs[0].size == 0:
        return np.zeros(len(outputs), np.intp)
    flat = np.nan_to_num(outputs.reshape(len(outputs), -1), nan=-np.inf)
    return np.asarray(np.argmax(flat, axis=1))


def _share(outputs: Array, labels: Sequence[int] | Array) -> float:
    return float((answers(np.asarray(outputs)) == labels).mean())


def _errors(got: Array, target: Array) -> Array:
    with np.errstate(invalid="ignore"):
        errors = np.abs(got - target)
    same = (got == target) | (np.isnan(got) & np.isnan(target))
    return np.asarray(np.where(same, 0.0, np.where(np.isnan(errors), np.inf, errors)))


def _describe(name: str, outside: Array, got: Array, target: Array) -> str:
    place = tuple(int(index) for index in np.argwhere(outside)[0])
    return (
        f"output {name!r}, sample {place[0]}, element {list(place[1:])}: "
        f"{got[place]:.9g} instead of {target[place]:.9g}"
    )


def _ulp(got: Array, right: Array) -> int:
    """Return how many f32 numbers lie between, at most."""
    if right.dtype != np.float32:
        return 0

    def ordered(array: Array) -> Array:
        bits = array.astype(np.float32).view(np.int32).astype(np.int64)
        return np.where(bits < 0, -(2**31) - bits, bits)

    finite = np.isfinite(got) & np.isfinite(right)
    with np.errstate(over="ignore"):
        return int(np.where(finite, np.abs(ordered(got) - ordered(right)), 0).max(initial=0))
