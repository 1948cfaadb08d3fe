"""What a character senses: the twelve numbers its brain reads. src/shared/senses.luau computes the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Look = Callable[[Numbers], Numbers]
"""From directions [characters, whiskers, 2] to the distances [characters, whiskers] that are free there."""

WHISKERS = np.radians([-90, -55, -30, -10, 10, 30, 55, 90])
"""Where the whiskers point, from straight ahead; to the right is positive."""
REACH = 20.0
"""Studs that a whisker reaches."""
FAR = 50.0
"""Studs from which on a goal is simply far."""
TOP_SPEED = 16.0
"""Studs a second."""
COUNT = len(WHISKERS) + 4


def read(position: Numbers, heading: Numbers, speed: Numbers, goal: Numbers, look: Look) -> Numbers:
    """Give what all characters sense, [characters, 12].

    Eight whiskers in [0, 1], where 1 is free as far as they reach; the direction of the goal as two numbers,
    ahead and to the right, of a unit vector; the goal's distance and the own speed in [0, 1].
    """
    angles = heading[:, None] + WHISKERS
    free = look(np.stack([np.cos(angles), np.sin(angles)], axis=-1))
    way = goal - position
    distance = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-6)
    cos, sin = np.cos(heading), np.sin(heading)
    ahead = (cos * way[:, 0] + sin * way[:, 1]) / distance
    side = (cos * way[:, 1] - sin * way[:, 0]) / distance
    others = [ahead, side, np.minimum(distance / FAR, 1), speed / TOP_SPEED]
    return np.concatenate([np.minimum(free / REACH, 1), np.stack(others, axis=-1)], axis=1)
