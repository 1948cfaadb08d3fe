"""How well a network reads digits: plain counting over its answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from data import CLASSES, Labels
from numpy.typing import NDArray


@dataclass(frozen=True)
class Figures:
    """The confusion matrix of a network on the test digits, int64 [10, 10], and what follows from it.

    Row: the digit that was written. Column: the digit that the network read.
    """

    confusion: NDArray[np.int64]

    @property
    def accuracy(self) -> float:
        """Give the share of all digits that were read right, in [0, 1]."""
        return float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def by_digit(self) -> list[float | None]:
        """Give the share of each digit's pictures that were read right, or None for a digit without any."""
        return [
            float(row[digit] / row.sum()) if row.sum() else None for digit, row in enumerate(self.confusion)
        ]


def count(written: Labels, read: NDArray[np.int64]) -> Figures:
    """Count how often each written digit [n] was read as each digit [n]."""
    confusion = np.zeros((CLASSES, CLASSES), dtype=np.int64)
    np.add.at(confusion, (written.astype(np.int64), read), 1)
    return Figures(confusion)
