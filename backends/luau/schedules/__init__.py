"""Ways to emit the heavy ops. A folder an op, a file a schedule, and the choice among them by cost."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any, Protocol, cast

from onnx2luau.backends.luau.emit.kernel import Kernel
from onnx2luau.compiler.errors import UsageError

KINDS = frozenset(entry.name for entry in pkgutil.iter_modules(__path__) if entry.ispkg)
"""The kinds of ops that have schedules."""
APART = "apart"
"""In the place of a schedule: not together with other layers, but by the cheapest one."""


class Schedule(Protocol):
    """A way to emit one kind of op. A module with these functions is one; its file name is its name.

    It says `LANES = True` if it can read and write tables of vectors.
    """

    def applies(self, op: Any, f: Kernel) -> bool:
        """Whether this op can be emitted this way and stay right."""

    def cost(self, op: Any, f: Kernel) -> float:
        """Return the estimated nanoseconds of a run on the kernel's target."""

    def emit(self, op: Any, f: Kernel) -> None:
        """Write the statements."""


@cache
def schedules(kind: str) -> dict[str, Schedule]:
    """Return every schedule of a kind of op by name."""
    package = importlib.import_module(f"{__name__}.{kind}")
    return {
        entry.name: cast("Schedule", importlib.import_module(f"{package.__name__}.{entry.name}"))
        for entry in pkgutil.iter_modules(package.__path__)
    }


def knows_lanes(kind: str, name: str | None) -> bool:
    """Whether a schedule can read and write tables of vectors; no name: one that is still to be chosen."""
    return name in (None, APART) or bool(getattr(schedules(kind).get(name or ""), "LANES", False))


def fitting(kind: str, op: Any, f: Kernel) -> tuple[str, ...]:
    """Return the names of the schedules that would be right for an op; none for a kind without schedules."""
    if kind not in KINDS:
        return ()
    lanes = f.result_in_lanes or any(map(f.in_lanes, op.operands))
    return tuple(
        name
        for name, schedule in schedules(kind).items()
        if (knows_lanes(kind, name) or not lanes) and schedule.applies(op, f)
    )


def emit_cheapest(kind: str, op: Any, f: Kernel) -> None:
    """Emit an op by the schedule the user wants for its layer, or else by the one that costs least."""
    known, right = schedules(kind), fitting(kind, op, f)
    wanted = f.options.schedule(f.kernel_name, f.node)
    if wanted in (None, APART):
        wanted = min(right, key=lambda name: known[name].cost(op, f))
    elif wanted not in known:
        raise UsageError(f"{f.kernel_name!r} has no schedule {wanted!r}; there are {', '.join(known)}")
    elif wanted not in right:
        raise UsageError(f"the schedule {wanted!r} would not be right for {f.kernel_name!r}; leave it out")
    f.schedule = wanted
    known[wanted].emit(op, f)
