"""Files appear whole or not at all: an interrupted run never leaves half a model under its final name."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to, and move what was written there to `path` once the block has succeeded.

    The temporary file lies in a folder beside `path`, since a move is atomic within one disk only, and keeps
    the name, since Keras and matplotlib read the format off its ending.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}-") as folder:
        written = Path(folder) / path.name
        yield written
        os.replace(written, path)


def sha256(path: Path) -> str:
    """Give the SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
