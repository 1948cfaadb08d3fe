"""Where users want something written: whether it can be, asked before the work."""

from __future__ import annotations

import os
from pathlib import Path

from onnx2luau.compiler.errors import UsageError

ROOM = 120
"""Bytes that the paths inside a target may be longer than its own, its workshop beside it included."""
OTHER = "choose another one with -o"


def located(path: Path) -> Path:
    """Return a target as a whole path to which something can be written; UsageError says why it can't be."""
    try:
        if "\0" in str(path):
            raise ValueError("no file can have the character 0 in its name")
        target = path.resolve() if path.name in ("", "..") else path.parent.resolve() / path.name
        above = _above(target)
    except FileNotFoundError:
        raise UsageError(
            f"{_shown(path)} can't be written: the current folder no longer exists; change to another one"
        ) from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"{_shown(path)} can't be written: {reason}; {OTHER}") from None
    if not (above.is_dir() and os.access(above, os.W_OK | os.X_OK)):
        reason = "read-only" if above.is_dir() else "a file"
        raise UsageError(f"{target} can't be written: {above} is {reason}; {OTHER}")
    return target


def _above(target: Path) -> Path:
    """Return the lowest folder above that is there. OSError if names or paths are too long for it."""
    above = next(parent for parent in (*target.parents, target) if parent.exists())
    for name in target.relative_to(above).parts:
        (above / name).exists()  # raises for what is too long for this file system
    if len(os.fsencode(target)) + ROOM > _longest(above):
        raise ValueError("its path is too long")
    return above


def _longest(folder: Path) -> int:
    try:
        return os.pathconf(folder, "PC_PATH_MAX")
    except (AttributeError, ValueError, OSError):
        return 1 << 16


def _shown(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 200 else f"{text[:100]}...{text[-50:]}"
