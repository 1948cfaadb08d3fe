"""Graphs in files of the textual form, for people who work on passes."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.limits import check_limits
from onnx2luau.compiler.ir.text import parse
from onnx2luau.compiler.ir.text.parser import ParseError

LARGEST = 1 << 30
"""Bytes of a text that is read; weights in base64 are a third longer than they are."""
MOST_WRITTEN_OUT = 4 << 20
"""Characters of it that are not in quotes: each number and name takes much memory while it is parsed."""


def read_graph_file(path: Path) -> Graph:
    """Read a graph; UsageError says why a file is none, with the line and the column of a mistake."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise UsageError(f"{path} is not a regular file; give a graph in its textual form")
        if found.st_size > LARGEST:
            raise UsageError(f"{path} has {found.st_size:,} bytes, and at most {LARGEST:,} are read")
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise UsageError(f"{path} can't be read: {reason}") from None
    try:
        if len(re.sub(r'"[^"\n]*"', "", text)) > MOST_WRITTEN_OUT:
            raise UsageError(f"{path} is too long; write large constants as base64, as inspect does")
        return check_limits(parse(text))
    except ParseError as error:
        first, *_ = str(error).splitlines()  # the others show the place, which the first one tells
        raise UsageError(f"{path}, {first}") from None
    except RecursionError:
        raise UsageError(f"{path} can't be read: its expressions are too deep") from None
