"""When two sets of answers agree: the one rule, for translations, proofs, self-tests and tests alike.

Numbers may be as far apart as `tolerance.py` says, in proportion to the largest number of their output: an
element near zero may be the difference of large ones, and each side adds them up in another order. Where
that fails, a referee may find that ours is the better answer of the two (`opinion.py`). Integers and truth
values agree when they are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from onnx2luau.compiler.agreement.opinion import Answers, Referee, is_better, is_referees
from onnx2luau.compiler.agreement.tolerance import TOLERANCE, Tolerance, errors_of, scale_of
from onnx2luau.compiler.ir.types import Array

RULES = ("tolerance", "scale", "referee")
"""What agreement took, the plainest first: the tolerance with a scale of 1, the output's scale, a referee."""


@dataclass(frozen=True)
class Agreement:
    """Figures of a comparison; `difference` says where it fails, or is empty."""

    samples: int
    worst_absolute: float
    worst_relative: float
    worst_ulp: int
    answers_changed: int
    rule: str = RULES[0]
    """Which of RULES was needed."""
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


def compare(
    actual: Answers,
    expected: Answers,
    labels: Array | None = None,
    *,
    ordinary: int | None = None,
    referee: Referee | None = None,
    tolerance: Tolerance = TOLERANCE,
) -> Agreement:
    """Compare outputs [samples, *shape] by name.

    ordinary: how many of the samples, from the first on, share a scale and are what the figures tell of; all
    by default. Each of the others, which are extreme in one way or another, has a scale of its own.
    """
    count = len(next(iter(expected.values())))
    ordinary = count if ordinary is None else ordinary
    rule = _Rule(ordinary, referee, tolerance)
    found = [rule.compare(name, actual, right) for name, right in expected.items()]
    first = next(iter(expected))
    changed = np.any([each.changed for each in found], axis=0)
    return Agreement(
        count,
        max(each.absolute for each in found),
        max(each.relative for each in found),
        max(each.ulp for each in found),
        int(changed.sum()),
        max((each.rule for each in found), key=RULES.index),
        next((each.difference for each in found if each.difference), ""),
        None if labels is None else _share(actual[first], labels),
        None if labels is None else _share(expected[first], labels),
    )


def answers(outputs: Array) -> Array:
    """Return the index of the largest element of each sample [samples, *shape]; of single numbers, 0."""
    if outputs.size == 0:
        return np.zeros(len(outputs), np.intp)
    flat = np.nan_to_num(outputs.reshape(len(outputs), -1), nan=-np.inf)
    return np.asarray(np.argmax(flat, axis=1))


@dataclass(frozen=True)
class _Found:
    """What the comparison of one output found."""

    absolute: float
    relative: float
    ulp: int
    changed: Array
    """By ordinary sample: whether the answer is another one."""
    rule: str
    difference: str


@dataclass(frozen=True)
class _Rule:
    """What decides whether an output agrees."""

    ordinary: int
    referee: Referee | None
    tolerance: Tolerance

    def compare(self, name: str, actual: Answers, right: Array) -> _Found:
        got, target = np.asarray(actual[name], np.float64), right.astype(np.float64)
        some = slice(0, self.ordinary)
        if got.shape != target.shape:
            difference = (
                f"output {name!r} has the shape {list(got.shape[1:])} instead of {list(right.shape[1:])}"
            )
            return _Found(np.inf, np.inf, 0, np.ones(self.ordinary, np.bool_), RULES[0], difference)
        errors = errors_of(got, target)
        if right.dtype.kind == "f":
            rule, outside = self._outside(name, got, target, errors)
        else:
            rule, outside = self._unequal(name, got, target)
        with np.errstate(all="ignore"):
            ratios = np.nan_to_num(np.where(target != 0, errors / np.abs(target), 0), nan=0.0)
        return _Found(
            float(errors[some].max(initial=0)),
            float(ratios[some].max(initial=0)),
            _ulp(got[some], right[some]),
            self._changed(got[some], target[some]),
            rule,
            _describe(name, outside, got, target) if outside.any() else "",
        )

    def _outside(self, name: str, got: Array, target: Array, errors: Array) -> tuple[str, Array]:
        """Return the rule that was needed, and by element whether it found no agreement."""
        outside = errors > self.tolerance.allowed(target)
        if not outside.any():
            return RULES[0], outside
        outside = errors > self.tolerance.allowed(target, _scales(target, self.ordinary))
        if not outside.any() or self.referee is None:
            return RULES[1], outside
        indices = [int(index) for index in np.unique(np.nonzero(outside)[0])]
        opinion = self.referee(indices)
        outside[indices] &= ~is_better(name, got[indices], target[indices], opinion, self.tolerance)
        return RULES[2], outside

    def _unequal(self, name: str, got: Array, target: Array) -> tuple[str, Array]:
        """Return the same for whole numbers, about which the referee is asked on odd samples only."""
        outside = got != target
        if not outside.any() or self.referee is None:
            return RULES[0], outside
        indices = [int(index) for index in np.unique(np.nonzero(outside)[0])]
        outside[indices] &= ~is_referees(name, got[indices], self.referee(indices))
        return RULES[2], outside

    def _changed(self, got: Array, target: Array) -> Array:
        """Return by sample whether the largest element is another one, ties within the tolerance left out."""
        if target.size == 0:
            return np.zeros(len(target), np.bool_)
        own, other = answers(got), answers(target)
        flat, rows = target.reshape(len(target), -1), np.arange(len(target))
        best, chosen = flat[rows, other], flat[rows, own]
        return np.asarray((own != other) & ~(errors_of(chosen, best) <= self.tolerance.allowed(best)))


def _scales(target: Array, ordinary: int) -> Array:
    """Return the scale of each sample, so that it broadcasts over its elements."""
    scales = [scale_of(target[:ordinary])] * ordinary + [scale_of(each) for each in target[ordinary:]]
    return np.reshape(np.asarray(scales), (-1, *[1] * (target.ndim - 1)))


def _share(outputs: Array, labels: Sequence[int] | Array) -> float:
    return float((answers(np.asarray(outputs)) == labels).mean())


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
