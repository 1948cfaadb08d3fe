"""What a referee says where an answer and ONNX Runtime's differ: which of them is the better one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from onnx2luau.compiler.agreement.tolerance import Tolerance, errors_of
from onnx2luau.compiler.ir.types import Array

STRAY = 16
"""How many times the error of single precision an expected answer may be away from the referee's."""
OVERFLOW = 2.0**128

Answers = dict[str, Array]
"""Outputs [samples, *shape] by name."""


@dataclass(frozen=True)
class Opinion:
    """What a referee says of some samples."""

    right: Answers
    """The answers without rounding."""
    strays: Sequence[Answers]
    """Some that roundings may lead to."""
    is_odd: Array
    """By sample: whether an input is NaN, infinite or nearly so.

    ONNX Runtime is not of one mind there: it drops NaN from a maximum by its place, and operators saturate
    or don't. So the referee's answer will do, too.
    """
    chosen: Collection[str] = ()
    """The outputs that depend on which of some numbers is the largest, which NaN leaves open."""


Referee = Callable[[Sequence[int]], Opinion]
"""Asked about samples by their indices."""


def is_better(name: str, got: Array, target: Array, opinion: Opinion, tolerance: Tolerance) -> Array:
    """Return by element whether `got` is at least as near to the right answer as the expected one.

    The referee is asked about roundings only. So they must explain the expected answer: it is as far away as
    rounded answers to that sample stray, or infinite where one of those is. On an odd sample, the referee's
    own answers are right as well. A number beyond all singles never is.
    """
    right = np.asarray(opinion.right[name], np.float64)
    others = [np.asarray(each[name], np.float64) for each in opinion.strays]
    distances = [errors_of(other, right) for other in others]
    finite = [np.where(np.isfinite(each), each, 0).reshape(len(each), -1).max(1) for each in distances]
    most = STRAY * np.max(finite, axis=0).reshape(-1, *[1] * (right.ndim - 1))
    overflows = np.any([errors_of(other, target) == 0 for other in others], axis=0) & ~np.isfinite(target)
    own, other = errors_of(got, right), errors_of(target, right)
    is_nearer = (own <= other) & ((other <= most) | overflows)
    agrees = [errors_of(got, each) <= tolerance.allowed(each) for each in (right, *others)]
    is_odd = opinion.is_odd.reshape(-1, *[1] * (right.ndim - 1))
    is_single = ~np.isfinite(got) | (np.abs(got) < OVERFLOW)
    return np.asarray((is_nearer | (is_odd & np.any(agrees, axis=0))) & is_single)


def is_referees(name: str, got: Array, opinion: Opinion) -> Array:
    """Return by element whether a whole number is the referee's, of a choice on an odd sample.

    Elsewhere whole numbers are equal or wrong: roundings that decide are followed.
    """
    is_odd = (opinion.is_odd & (name in opinion.chosen)).reshape(-1, *[1] * (got.ndim - 1))
    return np.asarray(is_odd & (got == np.asarray(opinion.right[name])))
