"""HDF5 files of weights: nothing in one may lead out of it, or claim to be larger than a model can be."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

from onnx2luau.compiler.errors import ModelError

from . import packages
from .files import refuse_size
from .reason import reason


def refuse_contents(path: Path, data: Path | io.BytesIO) -> None:
    """Look at every link of an HDF5 file. Raises ModelError for what Keras doesn't write, by its name.

    Links to other files and datasets that are stored in other files would be followed on loading. A dataset
    that was never written takes no space in the file, whatever its shape.
    """
    try:
        _look(path, data)
    except ModelError:
        raise
    except Exception as error:  # HDF5 fails in a dozen ways
        why = f"its weights are damaged ({reason(error)}); save it again with model.save(...)"
        raise ModelError(f"{path}: {why}") from error


def _look(path: Path, data: Path | io.BytesIO) -> None:
    h5py = packages.import_quietly("h5py")
    with h5py.File(data, "r") as file:
        size, seen, waiting = 0, set(), [file]
        while waiting:
            group = waiting.pop()
            for name in group:
                where = f"{group.name.rstrip('/')}/{name}"
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    _refuse_link(path, where, "is a link to another place")
                item = group[name]
                address = h5py.h5o.get_info(item.id).addr
                if address in seen:
                    continue
                seen.add(address)
                if isinstance(item, h5py.Group):
                    waiting.append(item)
                elif isinstance(item, h5py.Dataset):
                    size += _size(path, where, item)
        refuse_size(path, "the sum of its weights", size)


def _size(path: Path, where: str, dataset: Any) -> int:
    if dataset.is_virtual or dataset.external:
        _refuse_link(path, where, "keeps its numbers in another file")
    return math.prod(dataset.shape or ()) * int(dataset.dtype.itemsize)


def _refuse_link(path: Path, where: str, what: str) -> None:
    raise ModelError(
        f"{path}: {where!r} in it {what}, which Keras never writes; save it again with model.save(...)"
    )
