"""What single Luau instructions cost, in nanoseconds: the measures that choose among schedules.

Measured with Luau's command line; absolute figures move from machine to machine, ratios much less.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class InstructionCosts:
    """Nanoseconds of the instructions that the inner loops consist of."""

    load: float
    """`t[i]`, or a store to it."""
    fixed: float
    """`t[5]`, or a store to it: a place that is known while compiling."""
    arithmetic: float
    """An addition or multiplication of numbers or vectors."""
    test: float
    """`if x ~= 0`."""
    loop: float
    """One more round of a loop."""
    call: float
    """A call of a library function that is no instruction of its own, `table.unpack` for instance."""
    create: float
    """`vector.create` of numbers that are there."""
    column: float
    """Reaching for the table of an input's weights, at an index that a loop over a table gives."""
    copy: float
    """One value of such a call; natively also what comes of not knowing its type."""
    kernel: float
    """Calling a kernel, which fetches its tables."""


COSTS = {
    "client": InstructionCosts(
        load=4.5,
        fixed=3.3,
        arithmetic=1.6,
        test=4.0,
        loop=4.0,
        call=35.0,
        create=12.0,
        column=7.5,
        copy=1.7,
        kernel=20.0,
    ),
    "server": InstructionCosts(
        load=0.9,
        fixed=0.5,
        arithmetic=0.35,
        test=0.5,
        loop=0.6,
        call=25.0,
        create=1.0,
        column=3.0,
        copy=6.5,
        kernel=12.0,
    ),
}
