"""What may be opened at all: regular files of a size that a model can have."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from onnx2luau.compiler.errors import ModelError

LARGEST = 1 << 31
"""Bytes that a model file, and what is packed inside it, may have: more than that ONNX can't hold either."""


def refuse_file(path: Path) -> None:
    """Raise ModelError where the path is not a regular file (a pipe or a device would hang), or too large."""
    _refuse(path, [path])


def refuse_folder(path: Path) -> None:
    """Raise ModelError where the folder holds anything but folders and regular files, or too much of them."""
    _refuse(path, (Path(above, name) for above, _, names in os.walk(path) for name in names))


def refuse_size(path: Path, what: str, size: int, largest: int = LARGEST) -> None:
    """Raise ModelError where something in a model file is larger than a model can use."""
    if size > largest:
        raise ModelError(
            f"{path}: {what} has {size:,} bytes, and at most {largest:,} can be compiled; "
            "build a smaller model"
        )


def _refuse(path: Path, files: Iterable[Path]) -> None:
    size = 0
    for file in files:
        try:
            found = file.stat()
        except OSError as error:
            raise ModelError(f"{file} can't be read ({error.strerror}); check the file") from error
        if not stat.S_ISREG(found.st_mode):
            raise ModelError(f"{file} is not a regular file; give a path to a model that is stored as a file")
        size += found.st_size
    refuse_size(path, "it", size)
