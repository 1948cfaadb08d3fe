"""A hidden folder beside a target, in which something new is made before it takes the target's place.

It has a random name, a mark inside, and a lock on the mark for as long as its process lives. After a kill,
the next one that wants the same target finds it and sets right what was left: `leftovers.py`.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from onnx2luau.builds.contents import Record, read_record
from onnx2luau.builds.exchange import exchange
from onnx2luau.builds.held_file import hold_folder, open_held
from onnx2luau.builds.interrupts import held_back
from onnx2luau.builds.leftovers import MARK, NEW, OLD, PREFIX, SIGNATURE, SWAPPING, clear, recover
from onnx2luau.compiler.errors import UsageError

PATIENCE = 5.0
"""Seconds to wait for a folder that others hold for an instant."""

Identity = tuple[int, int, Record | None]
"""Device, number and record, since numbers are used again."""
written: list[Path] = []
"""The targets that this process has put something new into."""


@dataclass(frozen=True)
class Workshop:
    """A place to work for one target."""

    folder: Path
    target: Path
    before: Identity | None
    """What the target was at the beginning; None if there was nothing."""

    @property
    def new(self) -> Path:
        """What is to take the target's place: a file or a folder, made by whoever works here."""
        return self.folder / NEW

    def put_file(self) -> None:
        """Let the new file take the target's place."""
        with held_back():
            self.new.replace(self.target)
            written.append(self.target)

    def put_folder(self) -> None:
        """Let the new folder take the target's place, in one step where the system has it.

        UsageError if the target is not what it was any more, which stays then.
        """
        with held_back():
            (self.folder / SWAPPING).touch()
            if not os.path.lexists(self.target):
                self.new.rename(self.target)
            elif identity(self.target) != self.before:
                raise UsageError(_changed(self.target))
            elif not exchange(self.new, self.target):
                self._by_two_renames()
            elif identity(self.new) != self.before:
                exchange(self.new, self.target)
                raise UsageError(_changed(self.target))
            written.append(self.target)

    def _by_two_renames(self) -> None:
        self.target.rename(self.folder / OLD)
        try:
            self.new.rename(self.target)
        except OSError:
            (self.folder / OLD).rename(self.target)
            raise


@contextmanager
def workshop(target: Path) -> Iterator[Workshop]:
    """Yield a workshop beside a target. It is gone after the block, and no file of the user's with it.

    UsageError when another process is at work on the same target. OSError when the folder can't be written.
    """
    above = [parent for parent in target.parents if not parent.exists()]
    place = Workshop(target.parent / f"{PREFIX}{secrets.token_hex(8)}", target, identity(target))
    lock = None
    is_gone = True
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with held_back(), _alone(target.parent):
            recover(target)
            place.folder.mkdir()
            lock = _mark(place.folder / MARK, target.name)
        yield place
    finally:
        with held_back():
            is_gone = clear(place.folder, target, lock)
            for folder in above:
                with suppress(OSError):
                    folder.rmdir()
    if not is_gone:
        raise UsageError(
            f"{target} is written, but what was in it before could not be removed or kept there; "
            f"it is in {place.folder}"
        )


def identity(path: Path) -> Identity | None:
    """Return what tells a file or folder from all others; None if there is nothing."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, read_record(path)


def _mark(path: Path, target: str) -> int | None:
    """Write the mark, which others recognise only once it is locked; return what holds it.

    None where the file system has no locks: then nobody can tell that this process has died, and nothing of
    it is removed.
    """
    lock = None
    try:
        lock = open_held(path, create=True)
    except OSError:
        if not path.exists():
            raise
    path.write_text(json.dumps({"onnx2luau": SIGNATURE, "target": target}), "ascii")
    return lock


def _changed(target: Path) -> str:
    return f"another program has replaced {target} meanwhile, so it was left as it is; try again"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a folder for an instant, so that of two that want one target the second sees the first."""
    lock, end = None, time.monotonic() + PATIENCE
    # Where folders can't be held, the swap still sees whether the target has changed.
    with suppress(OSError):
        while (lock := hold_folder(folder)) is None and time.monotonic() < end:
            time.sleep(0.01)
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)
