"""Where a game is written to: a file or a folder that is there whole or as it was before."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from onnx2luau.compiler.build_folder import MANIFEST, staged
from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.version import VERSION

FORMAT = 1
STALE_SECONDS = 60
"""After this no process is still at work on a file of a few megabytes."""


def check_target(target: Path, *, is_folder: bool, kind: str = "game") -> None:
    """Raise UsageError, before any work is done, for what can't be written or must not be replaced.

    kind: of folders: a game, or the site of one.
    """
    target = target.absolute()
    if is_folder:
        _check_folder(target, kind)
    elif target.is_dir():
        raise UsageError(f"{target} is a folder; choose another name with -o")
    above = next(parent for parent in target.parents if parent.exists())
    if not (above.is_dir() and os.access(above, os.W_OK)):
        raise UsageError(
            f"{target} can't be written: {above} is {'read-only' if above.is_dir() else 'a file'}"
        )


def write_file(source: Path, target: Path) -> None:
    """Put a finished file in the target's place."""
    target = target.absolute()
    stage = target.parent / f".{target.name}.{os.getpid()}.partial"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for left in target.parent.glob(f".{target.name}.*.partial"):
            if time.time() - left.stat().st_mtime > STALE_SECONDS:
                left.unlink()
        shutil.copyfile(source, stage)
        stage.replace(target)
    except OSError as error:
        raise UsageError(f"{target} can't be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            stage.unlink(missing_ok=True)


def write_folder(source: Path, target: Path, models: Sequence[dict[str, Any]], *, kind: str = "game") -> None:
    """Put a folder in the target's place, with a record of what is in it."""
    _check_folder(target.absolute(), kind)
    record = {"format": f"{kind} {FORMAT}", "onnx2luau": VERSION, "models": models, "files": _digests(source)}
    with staged(target) as stage:
        shutil.copytree(source, stage, dirs_exist_ok=True)
        (stage / MANIFEST).write_text(json.dumps(record, indent=2) + "\n", "ascii", newline="\n")


def is_game(folder: Path) -> bool:
    """Whether a folder was written by `write_folder` as a game."""
    return (_record(folder) or {}).get("format") == f"game {FORMAT}"


def _record(folder: Path) -> dict[str, Any] | None:
    try:
        record = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def _check_folder(target: Path, kind: str) -> None:
    """Raise UsageError for a folder that is not of this kind, or in which something was changed since."""
    if not (target.is_dir() and any(target.iterdir())):
        return  # `staged` looks at the rest
    record = _record(target) or {}
    if record.get("format") != f"{kind} {FORMAT}":
        raise UsageError(
            f"{target} holds something that is not a {kind} of onnx2luau; choose another one with -o"
        )
    known, found = record.get("files", {}), _digests(target)
    changed = sorted(path for path in known | found if known.get(path) != found.get(path))
    if changed:
        raise UsageError(
            f"{target} has been changed since onnx2luau wrote it ({changed[0]}), and would be replaced; "
            "choose another one with -o, or delete it"
        )


def _digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file by its path, the record itself left out."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }
