"""Graphs in files of the textual form, for people who work on passes."""

from __future__ import annotations

import stat
from pathlib import Path

from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.text import parse
from onnx2luau.compiler.ir.text.parser import ParseError

LARGEST = 1 << 30
"""Bytes of a text that is read; weights in base64 are a third longer than they are."""


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
        return parse(text)
    except ParseError as error:
        first, *_ = str(error).splitlines()  # the others show the place, which the first one tells
        raise UsageError(f"{path}, {first}") from None
    except RecursionError:
        raise UsageError(f"{path} can't be read: its expressions are too deep") from None
