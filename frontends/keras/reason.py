"""The one line of a foreign exception that tells what happened, without its trace or its node lists."""

from __future__ import annotations

_LONGEST = 300


def reason(error: Exception) -> str:
    """Return the first line of the exception's message, or else its type's name."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:_LONGEST].rstrip(".:") if lines else type(error).__name__
