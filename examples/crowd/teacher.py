"""The rule that the brain imitates: go where it is free, and towards the goal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from senses import FAR, REACH, TOP_SPEED, WHISKERS, Numbers

HARD_LEFT, LEFT, STRAIGHT, RIGHT, HARD_RIGHT, BRAKE = range(6)
ACTIONS = ("hard left", "left", "straight", "right", "hard right", "brake")

TURNS = np.radians([-80, -30, 0, 30, 80])
"""About where each turn leads."""
WIDTH = 2.2
"""What lies so many studs beside a way stands in it: a character's radius and a little more."""
CAUTION = 1.5
"""How much a free way counts against a goal that lies straight ahead."""
NEAR = 4.0
"""Studs to an obstacle ahead at which a fast character brakes, and a slow one turns away."""
TOUCHING = 1.9
"""Studs from the middle of a character to what it touches: it backs off."""
FAST = TOP_SPEED / 2


def choose(senses: Numbers) -> NDArray[np.int64]:
    """Give the action for each row of senses [characters, 12]: [characters]."""
    ahead, side, goal_distance, speed = senses[:, 8:].T
    angle = np.arctan2(side, ahead)
    free = np.stack([_free(senses[:, :8], turn) for turn in TURNS], axis=1)
    # What lies behind the goal does not matter.
    wanted = np.minimum(goal_distance * FAR / REACH, 1)
    scores = CAUTION * np.minimum(free, wanted[:, None]) + np.cos(angle[:, None] - TURNS)
    near = free[:, STRAIGHT] * REACH < NEAR
    brakes = near & (speed * TOP_SPEED > FAST) | (senses[:, 1:7].min(axis=1) * REACH < TOUCHING)
    # Up against something no way looks free: turn on the spot, to the side with more room.
    turns = np.where(senses[:, 4:8].sum(axis=1) > senses[:, :4].sum(axis=1), HARD_RIGHT, HARD_LEFT)
    return np.where(brakes, BRAKE, np.where(near, turns, scores.argmax(axis=1)))


def _free(whiskers: Numbers, turn: float) -> Numbers:
    """Give how far it is free in a direction, as whiskers count: up to what stands in the way."""
    beside = np.abs(whiskers * REACH * np.sin(WHISKERS - turn)) > WIDTH
    behind = np.cos(WHISKERS - turn) <= 0
    nearest: Numbers = np.where(beside | behind, 1, whiskers).min(axis=1)
    return nearest
