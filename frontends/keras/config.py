"""The configuration inside a .keras or .h5 file, read as plain JSON before Keras builds anything from it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from onnx2luau.compiler.errors import ModelError

from . import packages

_CODE = {"Lambda", "__lambda__"}


def read_config(path: Path) -> Any:
    """Return the model's configuration as JSON values.

    Raises ModelError where the file is not what its name says, is cut short, or holds only weights.
    """
    return _from_zip(path) if path.suffix == ".keras" else _from_hdf5(path)


def first_lambda(config: Any, layer: str = "") -> str | None:
    """Return the name of the first layer that holds Python code, or None where there is none."""
    if isinstance(config, list):
        return next((found for item in config if (found := first_lambda(item, layer)) is not None), None)
    if not isinstance(config, dict):
        return None
    inner = config.get("config")
    if isinstance(inner, dict) and isinstance(inner.get("name"), str):
        layer = inner["name"]
    if config.get("class_name") in _CODE:
        return layer
    return first_lambda(list(config.values()), layer)


def _from_zip(path: Path) -> Any:
    try:
        with zipfile.ZipFile(path) as archive:
            return json.loads(archive.read("config.json"))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise ModelError(
            f"{path}: not a whole .keras file (a zip archive with a config.json); "
            "it was cut short, or is something else; save it again with model.save(...)"
        ) from error


def _from_hdf5(path: Path) -> Any:
    h5py = packages.import_quietly("h5py")
    try:
        with h5py.File(path, "r") as file:
            text = file.attrs.get("model_config")
            if text is None:
                raise ModelError(f"{path}: holds only weights; save the whole model with model.save(...)")
            return json.loads(text)
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"{path}: not a whole HDF5 file; it was cut short, or is something else; "
            "save it again with model.save(...)"
        ) from error
