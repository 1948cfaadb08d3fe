"""Axes as ONNX counts them: from the end when negative."""

from __future__ import annotations

from collections.abc import Iterable


def axis_of(axis: int, rank: int) -> int:
    """Return the axis counted from the front; ValueError when there is none."""
    if not -rank <= axis < rank:
        raise ValueError(f"there is no axis {axis} among {rank}")
    return axis % rank


def axes_of(axes: Iterable[int], rank: int) -> tuple[int, ...]:
    """Return distinct axes counted from the front, in ascending order."""
    return tuple(sorted({axis_of(int(axis), rank) for axis in axes}))
