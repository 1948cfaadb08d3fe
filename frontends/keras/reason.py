"""The one line of a foreign exception that tells what happened, without its trace or its lists of values."""

from __future__ import annotations

import re

_LONGEST = 300
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r"Exception encountered when calling|in user code:|File \"|Traceback")


def reason(error: Exception) -> str:
    """Return the first line of the message that tells a reason, or else the name of the exception's type.

    Keras puts a line of its own, with the layer, before what the layer said.
    """
    lines = [line.strip() for line in _COLOUR.sub("", str(error)).splitlines()]
    told = [line for line in lines if line and not _FRAME.match(line)]
    return told[0][:_LONGEST].rstrip(".:") if told else type(error).__name__
