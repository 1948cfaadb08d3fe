"""Two folders change places in one step, where the system can do that."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

HERE = -100
"""AT_FDCWD of Linux: paths are as they are everywhere else."""
RENAME_EXCHANGE, RENAME_SWAP = 2, 2
"""The flag is called otherwise by Linux and by macOS, and is the same number."""
ABSENT = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What systems and file systems say that can't do it."""


def exchange(one: Path, other: Path) -> bool:
    """Let two paths of one file system change places; False, and nothing done, where there is no such call.

    OSError when it could be done and is not allowed, or one of them is missing.
    """
    paths = os.fsencode(one), os.fsencode(other)
    try:
        system = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            failed = system.renamex_np(*paths, ctypes.c_uint(RENAME_SWAP))
        elif sys.platform == "linux":
            failed = system.renameat2(HERE, paths[0], HERE, paths[1], ctypes.c_uint(RENAME_EXCHANGE))
        else:
            return False
    except (AttributeError, OSError):
        return False
    if not failed:
        return True
    number = ctypes.get_errno()
    if number in ABSENT:
        return False
    raise OSError(number, os.strerror(number), str(one), None, str(other))
