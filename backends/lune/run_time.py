"""How long a build takes to run under Lune: what is expected, and what is too long."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

NANOSECONDS = {"client": (8.0, 60.0), "server": (3.0, 20.0)}
"""Of a multiply-add and of an element of a layer's result, by target; schedules differ by a factor of ten."""
LOADING = 300.0
"""Nanoseconds to decode a parameter."""
GENEROUS = 50
"""How many times the expected time a run may take: machines are slow or busy, and schedules unfortunate."""
LEAST = 60.0
"""Seconds that every run may take."""


def expected_seconds(manifest: Mapping[str, Any], samples: int) -> float:
    """Return about how many seconds a build takes for some samples, by its manifest."""
    multiply_add, element = NANOSECONDS[manifest["options"]["target"]]
    elements = sum(math.prod(each["shape"]) for part in ("inputs", "layers") for each in manifest[part])
    each: float = manifest["multiply_adds"] * multiply_add + elements * element
    loading: float = manifest["parameters"] * LOADING
    return (loading + samples * each) / 1e9


def longest_seconds(manifest: Mapping[str, Any], samples: int) -> float:
    """Return after how many seconds a run of a build has gone wrong."""
    return LEAST + GENEROUS * expected_seconds(manifest, samples)
