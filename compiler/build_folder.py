"""The folder of a build: written beside its target and moved into place whole."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from onnx2luau.compiler.errors import UsageError

MANIFEST = "manifest.json"


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the target's place when the block ends well, and is gone otherwise.

    UsageError when the target holds something that is not a build, or can't be written.
    """
    target = target.absolute()
    _check_target(target)
    stage = target.parent / f".{target.name}.{os.getpid()}.partial"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _recover(target)
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir()
    except OSError as error:
        raise UsageError(f"{target} can't be written: {error.strerror}: {error.filename}") from None
    try:
        yield stage
        _swap(stage, target)
    except OSError as error:
        raise UsageError(f"{target} can't be written: {error.strerror or error}") from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write text files below a folder; line ends are LF everywhere."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "ascii", newline="\n")


def _check_target(target: Path) -> None:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise UsageError(f"{target} exists and is not a folder; choose another one with -o")
    if target.is_dir() and any(target.iterdir()) and not (target / MANIFEST).is_file():
        raise UsageError(
            f"{target} holds something that is not a build of onnx2luau; choose another one with -o"
        )
    if target.is_dir() and not os.access(target, os.W_OK):
        raise UsageError(f"{target} can't be written: it is read-only")


def _swap(stage: Path, target: Path) -> None:
    """Put the stage in the target's place. The old build stands aside for the moment between two renames."""
    aside = _aside(target)
    if target.exists():
        target.rename(aside)
    try:
        stage.rename(target)
    except OSError:
        if aside.exists():
            aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _recover(target: Path) -> None:
    """Finish what a killed compile left: its stage, and an old build that had not been put back."""
    aside = _aside(target)
    if aside.exists():
        if target.exists():
            shutil.rmtree(aside)
        else:
            aside.rename(target)
    for stage in target.parent.glob(f".{target.name}.*.partial"):
        owner = stage.name.split(".")[-2]
        if not (owner.isdigit() and _is_running(int(owner))):
            shutil.rmtree(stage, ignore_errors=True)


def _aside(target: Path) -> Path:
    return target.parent / f".{target.name}.old"


def _is_running(process: int) -> bool:
    if sys.platform == "win32":
        return True  # signal 0 would interrupt it there, so its stage is left to the user
    with suppress(ProcessLookupError, PermissionError, OSError):
        os.kill(process, 0)
        return True
    return False
