"""The folder of a build, a game or a site: made in a workshop beside its target, and moved there whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from onnx2luau.builds.contents import DROPPINGS, contents_of, read_record, signature
from onnx2luau.builds.leftovers import recover
from onnx2luau.builds.place import OTHER, located
from onnx2luau.builds.workshop import workshop
from onnx2luau.compiler.errors import UsageError

BUILD = "build"
NAMED = 3
"""How many files of the user's an error names."""


@contextmanager
def staged(target: Path, kind: str = BUILD, *, force: bool = False) -> Iterator[Path]:
    """Yield an empty folder that takes the target's place when the block ends well, and is gone otherwise.

    Whoever writes into it leaves a record of it, as `contents.py` wants it. UsageError as of `check_target`,
    also for what happened to the target during the block.
    """
    target = check_target(target, kind, force=force)
    try:
        with workshop(target) as shop:
            shop.new.mkdir()
            yield shop.new
            check_folder(target, kind, force=force)
            shop.put_folder()
    except OSError as error:
        raise UsageError(f"{target} can't be written: {error.strerror or error}") from error


def check_target(target: Path, kind: str = BUILD, *, force: bool = False) -> Path:
    """Return the whole path of a folder that can be written; UsageError says why it can't, or must not be.

    It may be absent, empty, or hold what onnx2luau wrote as the same kind. force: whether it may hold files
    of the user's too, which are kept.
    """
    path = located(target)
    if kind == BUILD:
        _check_names(path)
    recover(path)
    check_folder(path, kind, force=force)
    with suppress(OSError):
        if any(each.samefile(path) for each in (Path.cwd(), *Path.cwd().parents) if path.exists()):
            raise UsageError(
                f"{path} is the folder you are in, or holds it, and would be replaced as a whole; "
                f"change to another folder first, or {OTHER}"
            )
    return path


def check_folder(path: Path, kind: str, *, force: bool) -> None:
    """Raise UsageError for a folder that is not of this kind, or holds files of the user's."""
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise UsageError(f"{path} exists and is not a folder; {OTHER}")
    if not path.is_dir():
        return
    if not os.access(path, os.W_OK | os.X_OK):
        raise UsageError(f"{path} can't be written: it is read-only; {OTHER}")
    record = read_record(path)
    contents = contents_of(path, record)
    others = [name for name in contents.others if name not in DROPPINGS]
    if record is None and not others:
        return
    if record is None or record.format != signature(kind):
        raise UsageError(f"{path} holds something that is not a {kind} of onnx2luau; {OTHER}")
    if others and not force:
        raise UsageError(
            f"{path} holds what onnx2luau did not write ({_listed(others)}); --force keeps that beside the "
            f"new {kind}, or {OTHER}"
        )
    if contents.changed and not force:
        raise UsageError(
            f"{path} has been changed since onnx2luau wrote it ({_listed(contents.changed)}), and would be "
            f"replaced; --force keeps what was changed, as *.kept, or {OTHER}"
        )


def _check_names(path: Path) -> None:
    """Raise UsageError for a folder from which Lune could not require a module, nor prove the build."""
    for name in path.parts:
        is_text = name == name.encode("utf-8", "replace").decode()
        if name == "init" or not is_text or (os.sep == "/" and "\\" in name):
            raise UsageError(
                f"{path} can't hold a build: Luau can't require through a folder called {name!r}; {OTHER}"
            )


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write text files below a folder; line ends are LF everywhere."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "ascii", newline="\n")


def _listed(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - NAMED:,} more" if len(paths) > NAMED else ""
    return ", ".join(paths[:NAMED]) + more
