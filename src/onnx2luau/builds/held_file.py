"""Locks on files and folders that end with the process that holds them, however it ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

FAR = 1 << 30
"""Windows locks bytes, and nobody may read those; so it is one far behind the end."""


def open_held(path: Path, *, create: bool = False) -> int | None:
    """Open a file and hold it until the descriptor is closed; None if somebody else holds it.

    OSError when it can't be opened, and also where the file system knows no locks.
    """
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | (os.O_CREAT | os.O_EXCL if create else 0)
    return _held(os.open(path, flags, 0o600))


def hold_folder(folder: Path) -> int | None:
    """Hold a folder in the same way; OSError on Windows, where folders can't be held."""
    return _held(os.open(folder, os.O_RDONLY))


def _held(descriptor: int) -> int | None:
    try:
        if _lock(descriptor):
            return descriptor
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        os.lseek(descriptor, FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
