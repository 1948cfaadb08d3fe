"""Ways to compute single ops: a folder an op, a file a schedule."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol, cast

from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.compiler.ir.ops import op_name

KINDS = frozenset(entry.name for entry in pkgutil.iter_modules(__path__) if entry.ispkg)
"""The names of the ops that have schedules."""


class Schedule(Protocol):
    """A way to compute one kind of op. A module with this function is one; its file name is its name."""

    def match(self, op: Any, site: Site) -> Match | None:
        """Return how the op is computed this way and what that costs; None if it would not be right."""


@cache
def schedules(kind: str) -> Mapping[str, Schedule]:
    """Return every schedule of a kind of op by name."""
    if kind not in KINDS:
        raise NotImplementedError(f"the Luau back end has no schedule for {kind!r}")
    package = importlib.import_module(f"{__name__}.{kind}")
    return {
        entry.name: cast("Schedule", importlib.import_module(f"{package.__name__}.{entry.name}"))
        for entry in pkgutil.iter_modules(package.__path__)
    }


def matches(site: Site) -> dict[str, Match]:
    """Return every way to compute the one node of a site that is right there, by the schedule's name."""
    (node,) = site.nodes
    found = {name: each.match(node.op, site) for name, each in schedules(op_name(node.op)).items()}
    return {name: match for name, match in found.items() if match is not None and site.fits(match)}


def cheapest(found: Mapping[str, Match]) -> str:
    """Return the name of the way that is expected to take the least time."""
    return min(found, key=lambda name: found[name].cost)
