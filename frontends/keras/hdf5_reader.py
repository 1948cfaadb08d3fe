"""A program: reads a whole HDF5 file from its standard input and writes what it found as one line of JSON.

HDF5's C code can go round in circles on a damaged file, or die, and so it looks at a file in a process of its
own first (see hdf5.py). This file imports nothing of ours, so that it starts in a fraction of a second.
"""

from __future__ import annotations

import io
import json
import math
import sys
from typing import Any

import h5py

LINK = "is a link to another place"
ELSEWHERE = "keeps its numbers in another file"


class _OddError(Exception):
    """Something that Keras doesn't write: its place in the file, and what it is."""


def found(data: bytes, largest: int) -> dict[str, Any]:
    """Return the attributes of the file that describe a model, the size of its numbers, or what is wrong.

    All numbers and attributes are read once, as Keras will read them, if there are at most `largest` bytes.
    """
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            datasets = list(_datasets(file))
            size = sum(math.prod(each.shape or ()) * each.dtype.itemsize for each in datasets)
            if size <= largest:
                for each in datasets:
                    each[()]
            return {
                "size": size,
                "config": _text(file.attrs.get("model_config")),
                "version": _text(file.attrs.get("keras_version")),
            }
    except _OddError as error:
        return {"odd": error.args}
    except Exception as error:  # HDF5 fails in a dozen ways
        return {"damage": f"{error}" or type(error).__name__}


def _datasets(file: Any) -> Any:
    """Yield every dataset once. Raises _OddError for what leads out of the file."""
    seen: set[int] = set()
    waiting = [file]
    while waiting:
        group = waiting.pop()
        dict(group.attrs)
        for name in group:
            where = f"{group.name.rstrip('/')}/{name}"
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise _OddError(where, LINK)
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen:
                continue
            seen.add(address)
            if isinstance(item, h5py.Group):
                waiting.append(item)
            elif isinstance(item, h5py.Dataset):
                if item.is_virtual or item.external:
                    raise _OddError(where, ELSEWHERE)
                yield item


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode()
    return value if isinstance(value, str) else None


if __name__ == "__main__":
    sys.stdout.write(json.dumps(found(sys.stdin.buffer.read(), int(sys.argv[1]))))
