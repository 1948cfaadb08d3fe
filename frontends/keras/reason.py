"""The one line of a foreign exception that tells what happened, without its trace or its lists of values."""

from __future__ import annotations

import re

_LONGEST = 300
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_CAUSE = "Exception encountered: "
_FRAME = re.compile(r"Exception encountered when calling|in user code:|File \"|Traceback")


def reason(error: Exception) -> str:
    """Return the line of the message that tells the reason, or else the name of the exception's type.

    Keras wraps what a layer said in lines of its own: one with the layer's name before it, and while loading
    one "Exception encountered: ..." a level, of which the innermost tells most.
    """
    lines = [line.strip() for line in _COLOUR.sub("", str(error)).splitlines()]
    causes = [line.removeprefix(_CAUSE) for line in lines if line.startswith(_CAUSE)]
    told = causes[-1:] or [line for line in lines if line and not _FRAME.match(line)]
    return told[0][:_LONGEST].rstrip(".:") if told else type(error).__name__
