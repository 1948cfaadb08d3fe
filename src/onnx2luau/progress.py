"""How a long piece of work tells people where it is."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told the name of the stage that begins, and with it what it will take, or how far it is."""

    def __call__(self, stage: str, detail: str = "") -> None:
        """Show it."""


def silent(stage: str, detail: str = "") -> None:
    """Show nothing."""
    del stage, detail


def spoken(seconds: float) -> str:
    """Return a time as people say it: "about 3 minutes"."""
    for size, unit in ((3600.0, "hour"), (60.0, "minute"), (1.0, "second")):
        count = round(seconds / size)
        if seconds >= 1.5 * size or (unit == "second" and count >= 1):
            return f"about {count:,} {unit}{'' if count == 1 else 's'}"
    return "less than a second"
