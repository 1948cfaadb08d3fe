"""A flat world: round obstacles, four walls, a goal for each character. src/shared/world.luau is the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import senses
from numpy.typing import NDArray
from senses import REACH, TOP_SPEED, Numbers

HALF = 50.0
"""The walls stand so far from the middle, in studs."""
RADIUS = 1.5
"""Of a character."""
ARRIVED = 4.0
"""A goal is reached from so far."""
TURN_RATES = np.radians([-220, -80, 0, 80, 220, 0])
"""What each action does: radians a second ..."""
SPEEDS = np.array([4.0, 13, TOP_SPEED, 13, 4, -4])
"""... and the speed that it strives for, with at most ..."""
ACCELERATION = 40.0
"""... studs a second, each second."""


@dataclass(frozen=True)
class Layout:
    """What a world is made of."""

    obstacles: Numbers
    """[obstacles, 3]: x, z and radius."""
    starts: Numbers
    """[characters, 3]: x, z and heading."""
    goals: Numbers
    """[goals, 2]; each character goes through them from a place of its own."""

    def as_json(self) -> dict[str, Any]:
        """Give the lists that src/shared/world.luau takes."""
        return {name: getattr(self, name).tolist() for name in ("obstacles", "starts", "goals")}


def scatter(seed: int, characters: int = 20, obstacles: int = 14, goals: int = 40) -> Layout:
    """Make a layout: nothing touches, and every goal can be reached."""
    chance = np.random.default_rng(seed)
    circles: list[tuple[float, float, float]] = []
    kinds = [("obstacle", obstacles), ("start", characters), ("goal", goals)]
    placed: dict[str, list[tuple[float, float, float]]] = {kind: [] for kind, _ in kinds}
    for kind, count in kinds:
        while len(placed[kind]) < count:
            radius = chance.uniform(2, 5) if kind == "obstacle" else RADIUS + 1
            x, z = chance.uniform(-HALF + 6, HALF - 6, 2)
            if all(np.hypot(x - a, z - b) > radius + r + 2 for a, b, r in circles):
                placed[kind].append((x, z, radius))
                # Goals may be close to each other and to where somebody starts.
                if kind != "goal":
                    circles.append((x, z, radius))
    starts = np.array(placed["start"])
    starts[:, 2] = chance.uniform(-np.pi, np.pi, characters)
    return Layout(np.array(placed["obstacle"]), starts, np.array(placed["goal"])[:, :2])


class World:
    """Characters on their way through a layout."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.position = layout.starts[:, :2].copy()
        self.heading = layout.starts[:, 2].copy()
        self.speed = np.zeros(len(self.position))
        self.reached = np.zeros(len(self.position), np.int64)
        self.bumps = np.zeros(len(self.position), np.int64)

    def goal(self) -> Numbers:
        """Give where each character wants to go, [characters, 2]."""
        places = np.arange(len(self.position)) * 7 + self.reached
        goals: Numbers = self._layout.goals[places % len(self._layout.goals)]
        return goals

    def sense(self) -> Numbers:
        """Give what all characters sense, [characters, 12]."""
        return senses.read(self.position, self.heading, self.speed, self.goal(), self.look)

    def look(self, directions: Numbers) -> Numbers:
        """Give how far it is free from each character in its directions, in studs, REACH at most."""
        free = np.full(directions.shape[:2], REACH)
        for axis in (0, 1):
            along, at = directions[..., axis], self.position[:, None, axis]
            with np.errstate(divide="ignore", invalid="ignore"):
                wall = (np.copysign(HALF, along) - at) / along
            free = np.where(along != 0, np.minimum(free, wall), free)
        centres, radii = self._circles()
        way = centres - self.position[:, None]
        along = np.einsum("cwk,cok->cwo", directions, way)
        # How far inside of a circle the nearest point of the ray lies, squared.
        inside = radii**2 - ((way**2).sum(axis=-1)[:, None] - along**2)
        hit = along - np.sqrt(np.maximum(inside, 0))
        hit = np.where((inside > 0) & (along > 0), np.maximum(hit, 0), REACH)
        for character in range(len(hit)):
            # Nobody sees themselves.
            hit[character, :, len(self._layout.obstacles) + character] = REACH
        nearest: Numbers = np.minimum(free, hit.min(axis=-1))
        return nearest

    def step(self, actions: NDArray[np.int64], seconds: float) -> None:
        """Let all characters act, one after another; whoever would run into something stops instead."""
        self.heading += TURN_RATES[actions] * seconds
        most = ACCELERATION * seconds
        self.speed += np.clip(SPEEDS[actions] - self.speed, -most, most)
        for index in range(len(self.position)):
            way = np.array([np.cos(self.heading[index]), np.sin(self.heading[index])])
            to = self.position[index] + way * self.speed[index] * seconds
            if self._is_free(index, to):
                self.position[index] = to
            else:
                self.speed[index] = 0
                self.bumps[index] += 1
        way = self.goal() - self.position
        self.reached += np.hypot(way[:, 0], way[:, 1]) < ARRIVED

    def _circles(self) -> tuple[Numbers, Numbers]:
        obstacles = self._layout.obstacles
        radii = np.concatenate([obstacles[:, 2], np.full(len(self.position), RADIUS)])
        return np.concatenate([obstacles[:, :2], self.position]), radii

    def _is_free(self, index: int, to: Numbers) -> bool:
        centres, radii = self._circles()
        way = centres - to
        distance = np.hypot(way[:, 0], way[:, 1]) - radii - RADIUS
        distance[len(self._layout.obstacles) + index] = np.inf
        return bool((distance > 0).all() and (np.abs(to) < HALF - RADIUS).all())
