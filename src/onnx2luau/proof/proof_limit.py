"""How long a proof may take, all of it: Lune, ONNX Runtime and the reference."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from onnx2luau.backends.lune.lune import Advance, Lune
from onnx2luau.backends.lune.process import LuneStoppedError
from onnx2luau.compiler.errors import UsageError

PROOF_SECONDS = 600.0


class ProofLimit:
    """The time that is left of a proof, counted from here. `way_out` is what a user can do about it."""

    def __init__(self, seconds: float, way_out: str) -> None:
        self._seconds = seconds
        self._way_out = way_out
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left, 0 at least."""
        return max(0.0, self._end - time.monotonic())

    def check(self) -> None:
        """Raise UsageError when the time is up."""
        if self.left() == 0:
            raise UsageError(
                f"the proof takes longer than the {self._seconds:,g} seconds of --proof-seconds; "
                f"{self._way_out}"
            )

    def checked(self, advance: Advance) -> Advance:
        """Return what checks the time whenever `advance` is told something."""

        def check_first(count: int) -> None:
            self.check()
            advance(count)

        return check_first

    @contextmanager
    def lune(self, target: str) -> Iterator[Lune]:
        """Yield a Lune process that is ended when the time is up; UsageError says so then."""
        try:
            with Lune(target, self.left) as lune:
                yield lune
        except LuneStoppedError:
            self.check()
            raise
