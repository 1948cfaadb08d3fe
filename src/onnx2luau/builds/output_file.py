"""A single file that is there whole, or as it was before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onnx2luau.builds.leftovers import recover
from onnx2luau.builds.place import OTHER, located
from onnx2luau.builds.workshop import workshop
from onnx2luau.compiler.errors import UsageError


def check_file(target: Path) -> Path:
    """Return the whole path of a file that can be written; UsageError says why it can't be."""
    path = located(target)
    if path.is_dir():
        raise UsageError(f"{path} is a folder; {OTHER}")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a regular file; {OTHER}")
    recover(path)
    return path


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """Yield the path of a file to be made, which takes the target's place when the block ends well."""
    target = check_file(target)
    try:
        with workshop(target) as shop:
            yield shop.new
            shop.put_file()
    except OSError as error:
        raise UsageError(f"{target} can't be written: {error.strerror or error}") from error
