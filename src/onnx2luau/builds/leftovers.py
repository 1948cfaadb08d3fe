"""Sets right what a process left beside a target: at its end, or after it was killed."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

from onnx2luau.builds.contents import MANIFEST, contents_of, read_record
from onnx2luau.builds.held_file import open_held
from onnx2luau.builds.place import OTHER
from onnx2luau.compiler.errors import UsageError

PREFIX = ".onnx2luau-"
SIGNATURE = "workshop 1"
MARK, NEW, OLD, SWAPPING = "mark.json", "new", "old", "swapping"
"""The parts of a workshop: its mark; the new build, or after an exchange the old one; the old one, moved
aside where there is no exchange; and a file that is there from the swap on."""
KEPT = ".kept"
"""Ending of a user's file whose name the new build needs."""


def recover(target: Path) -> None:
    """Finish the work of processes that were killed; UsageError if one is at work on the target still."""
    for folder in _workshops(target):
        try:
            lock = open_held(folder / MARK)
        except OSError:
            continue  # it has just been removed, or can't be by this user
        if lock is None:
            raise UsageError(f"another onnx2luau is writing {target}; wait until it has ended, or {OTHER}")
        clear(folder, target, lock)


def clear(folder: Path, target: Path, lock: int | None) -> bool:
    """Remove a workshop and return whether it is gone; what the user had in the old build goes into the new.

    lock: a descriptor that holds its mark, and is closed.
    """
    try:
        if (folder / SWAPPING).exists():
            if not os.path.lexists(target) and os.path.lexists(folder / OLD):
                (folder / OLD).rename(target)
            for name in (NEW, OLD):
                if (folder / name).is_dir():
                    _hand_over(folder / name, target)
        elif (folder / NEW).is_dir():
            shutil.rmtree(folder / NEW)
        else:
            (folder / NEW).unlink(missing_ok=True)
        (folder / SWAPPING).unlink(missing_ok=True)
    except OSError:
        return False
    finally:
        if lock is not None:
            os.close(lock)
    with suppress(OSError):
        (folder / MARK).unlink(missing_ok=True)
        folder.rmdir()
    return True


def _hand_over(old: Path, target: Path) -> None:
    """Remove from an old build what onnx2luau wrote, and put the rest into the new one, where it was."""
    contents = contents_of(old, read_record(old))
    for path in (*contents.others, *contents.changed):
        goal = target / path
        goal.parent.mkdir(parents=True, exist_ok=True)
        (old / path).rename(_free(goal))
    for path in contents.own:
        (old / path).unlink()
    for folder in sorted((each for each in old.rglob("*") if each.is_dir()), reverse=True):
        folder.rmdir()
    # Last, so that after a kill it is known what belongs to the build.
    (old / MANIFEST).unlink(missing_ok=True)
    old.rmdir()


def _free(goal: Path) -> Path:
    """Return a path at which there is nothing: the one that is wished for, or one beside it."""
    choice, number = goal, 1
    while os.path.lexists(choice):
        choice = goal.with_name(f"{goal.name}{KEPT}{number if number > 1 else ''}")
        number += 1
    return choice


def _workshops(target: Path) -> list[Path]:
    """Return the workshops for a target, of whatever process."""
    try:
        found = [Path(each) for each in os.scandir(target.parent) if each.name.startswith(PREFIX)]
    except OSError:
        return []
    return [folder for folder in sorted(found) if _marked_for(folder) == target.name]


def _marked_for(folder: Path) -> str | None:
    """Return the name of the target in a folder's mark; None if it is not a workshop."""
    try:
        if folder.is_symlink() or not (folder / MARK).is_file():
            return None
        mark = json.loads((folder / MARK).read_bytes()[:65536])
    except (OSError, ValueError, RecursionError):
        return None
    is_ours = isinstance(mark, dict) and mark.get("onnx2luau") == SIGNATURE
    return str(mark.get("target")) if is_ours else None
