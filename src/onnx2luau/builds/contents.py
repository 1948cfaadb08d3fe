"""What in a folder was written by onnx2luau, by the record it left there, and what is the user's."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

MANIFEST = "manifest.json"
VERSION = 2
"""Of the form of the record, for every kind of folder."""
LARGEST = 64 << 20
"""Bytes of a record that is read: those of the largest builds have a few hundred thousand."""
DROPPINGS = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""What file managers leave wherever somebody looked; it is kept, and never a reason to refuse."""


class FileEntry(TypedDict):
    """One file of a build, a game or a site."""

    bytes: int
    sha256: str
    """Of its contents; ends of lines count as LF, since git may have changed them."""


@dataclass(frozen=True)
class Record:
    """The part of a manifest.json that every kind of folder has."""

    format: str
    files: dict[str, FileEntry]


@dataclass(frozen=True)
class Contents:
    """The paths in a folder, in the form a/b; of the user's folders only the topmost."""

    own: tuple[str, ...]
    """Files as they were written, the record itself left out."""
    changed: tuple[str, ...]
    """What stands where a file was written, and is another one by now."""
    others: tuple[str, ...]
    """What the record does not know."""


def signature(kind: str) -> str:
    """Return the `format` by which a build, a game or a site is recognised."""
    return f"onnx2luau {kind} {VERSION}"


def file_entries(folder: Path) -> dict[str, FileEntry]:
    """Return the entry of every file below a folder, the record left out."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    return {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": _digest(path)}
        for path in paths
    }


def read_bounded(path: Path) -> bytes:
    """Read a record; OSError for what can't be one: a link, a pipe, a device, or a far too large file."""
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(0, "it is not a regular file", str(path))
    if found.st_size > LARGEST:
        raise OSError(0, f"it has {found.st_size:,} bytes, and {LARGEST:,} are the most", str(path))
    return path.read_bytes()


def read_record(folder: Path) -> Record | None:
    """Return a folder's record; None if there is none that onnx2luau could have written."""
    try:
        return _records().validate_json(read_bounded(folder / MANIFEST), strict=True)
    except (OSError, ValidationError):
        return None


def contents_of(folder: Path, record: Record | None) -> Contents:
    """Tell what of a folder its record knows; everything is the user's where there is none."""
    files = record.files if record is not None else {}
    folders = {parent for path in files for parent in _parents(path)}
    own: list[str] = []
    changed: list[str] = []
    others: list[str] = []

    def look(place: Path, before: str) -> None:
        for entry in sorted(os.scandir(place), key=lambda each: each.name):
            path = f"{before}{entry.name}"
            is_folder = entry.is_dir(follow_symlinks=False)
            if is_folder and path in folders:
                look(Path(entry.path), f"{path}/")
            elif path == MANIFEST and record is not None:
                continue
            elif path not in files:
                others.append(path)
            elif entry.is_file(follow_symlinks=False) and _is_as_written(Path(entry.path), files[path]):
                own.append(path)
            else:
                changed.append(path)

    look(folder, "")
    return Contents(tuple(own), tuple(changed), tuple(others))


@cache
def _records() -> TypeAdapter[Record]:
    return TypeAdapter(Record)


def _parents(path: str) -> list[str]:
    steps = path.split("/")
    return ["/".join(steps[:count]) for count in range(1, len(steps))]


def _is_as_written(path: Path, entry: FileEntry) -> bool:
    # CRLF makes a text twice as long at most.
    return path.stat().st_size <= 2 * entry["bytes"] and _digest(path) == entry["sha256"]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
