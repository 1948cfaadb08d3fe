"""What the brain learns from: states on the way through worlds, each with what the teacher would do there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import teacher
import world
from numpy.typing import NDArray
from senses import Numbers
from world import World

Steer = Callable[[Numbers], NDArray[np.int64]]
"""From senses [characters, 12] to actions [characters]."""

TICK = 1 / 20
"""Seconds between two decisions."""
FIRST_TEST_SEED = 1_000_000
"""Worlds from here on are for tests only."""


def collect(steer: Steer, seeds: range, ticks: int, slips: float = 0.0) -> tuple[Numbers, NDArray[np.int64]]:
    """Let somebody steer through worlds, and give the senses [n, 12] and the teacher's answers [n].

    slips: how often a random action is taken instead, so that there are states that nobody would get into.
    """
    seen, answers = [], []
    for seed in seeds:
        chance = np.random.default_rng(seed)
        here = World(world.scatter(seed))
        for _ in range(ticks):
            senses = here.sense()
            seen.append(senses)
            answers.append(teacher.choose(senses))
            actions = steer(senses)
            slip = chance.random(len(actions)) < slips
            here.step(np.where(slip, chance.integers(0, 6, len(actions)), actions), TICK)
    return np.concatenate(seen), np.concatenate(answers)


def drive(steer: Steer, seeds: range, ticks: int) -> dict[str, float]:
    """Measure how well somebody steers: figures for each character and minute."""
    worlds = [World(world.scatter(seed)) for seed in seeds]
    for here in worlds:
        for _ in range(ticks):
            here.step(steer(here.sense()), TICK)
    minutes = sum(len(here.reached) for here in worlds) * ticks * TICK / 60
    reached = np.concatenate([here.reached for here in worlds])
    return {
        "goals_a_minute": round(reached.sum() / minutes, 2),
        "bumps_a_minute": round(sum(here.bumps.sum() for here in worlds) / minutes, 2),
        "share_that_arrived": round(float((reached > 0).mean()), 4),
    }
