"""The configuration inside a .keras or .h5 file, read as plain JSON before Keras builds anything from it."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from onnx2luau.compiler.errors import ModelError

from .files import refuse_size
from .hdf5 import read_hdf5

_LARGEST_JSON = 1 << 25
_MOST_ENTRIES = 10_000
_WEIGHTS = "model.weights.h5"


@dataclass(frozen=True)
class Stored:
    """What a file says of its model: the configuration as JSON values, and the Keras that wrote it."""

    config: Any
    keras_version: str


def read_config(path: Path) -> Stored:
    """Read the configuration, and look at everything around it that Keras will read.

    Raises ModelError where the file is not what its name says, is cut short, holds only weights, leads to
    other files, or is larger inside than a model can be.
    """
    try:
        stored = _from_zip(path) if path.suffix == ".keras" else _from_hdf5(path)
    except ModelError:
        raise
    except Exception as error:  # zip, deflate, HDF5 and JSON fail in a dozen ways
        kind = ".keras file (a zip archive with a config.json)" if path.suffix == ".keras" else ".h5 file"
        raise ModelError(
            f"{path}: not a whole {kind}; it was cut short, or is something else; "
            "save it again with model.save(...)"
        ) from error
    if not isinstance(stored.config, dict) or "class_name" not in stored.config:
        raise ModelError(f"{path}: its config doesn't describe a model; save it again with model.save(...)")
    # The optimizer and the loss: it is loaded without them.
    return Stored(
        {key: v for key, v in stored.config.items() if key != "compile_config"}, stored.keras_version
    )


def _from_zip(path: Path) -> Stored:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        refuse_size(path, "what is packed in it", sum(entry.file_size for entry in entries))
        if len(entries) > _MOST_ENTRIES or any(_leaves(entry.filename) for entry in entries):
            raise ModelError(
                f"{path}: it holds files that Keras never writes; save it again with model.save(...)"
            )
        for entry in entries:
            if entry.filename.endswith(".json"):
                refuse_size(path, f"its {entry.filename}", entry.file_size, _LARGEST_JSON)
        config = json.loads(archive.read("config.json"))
        if _WEIGHTS in archive.namelist():
            read_hdf5(path, archive.read(_WEIGHTS))
        has_metadata = "metadata.json" in archive.namelist()
        metadata = json.loads(archive.read("metadata.json")) if has_metadata else {}
    return Stored(config, str(metadata.get("keras_version", "")))


def _leaves(name: str) -> bool:
    """Tell whether an archive's entry would be unpacked to another folder."""
    entry = PurePosixPath(name.replace("\\", "/"))
    return entry.is_absolute() or ".." in entry.parts


def _from_hdf5(path: Path) -> Stored:
    found = read_hdf5(path, path.read_bytes())
    text = found["config"]
    if text is None:
        raise ModelError(f"{path}: holds only weights; save the whole model with model.save(...)")
    refuse_size(path, "its config", len(text), _LARGEST_JSON)
    return Stored(json.loads(text), found["version"] or "")
