"""Files to Sources. Model files come from strangers: what may run code is refused before Keras sees it."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from onnx2luau.compiler.errors import ModelError

from . import packages, savedmodel
from .config import read_config
from .files import refuse_file
from .model import from_model
from .reason import reason
from .source import Source
from .trusted import refuse_code, refuse_unknown

_ENDINGS = {".keras", ".h5", ".hdf5"}
_SAVE_AGAIN = "save it again with model.save(...)"


def from_path(path: Path, *, allow_lambda: bool) -> Source:
    """Open a .keras, .h5 or .hdf5 file or a SavedModel folder.

    Raises ModelError where it is none of them, is damaged, needs anything but Keras's own classes and what is
    registered in this process, or holds Python code and `allow_lambda` is not set.
    """
    if not path.exists():
        raise ModelError(f"{path}: there is no such file or folder")
    if path.is_dir():
        return savedmodel.from_folder(path)
    if path.suffix.lower() not in _ENDINGS:
        raise ModelError(f"{path}: not a Keras model; expected a .keras or .h5 file or a SavedModel folder")
    if path.suffix not in _ENDINGS:
        raise ModelError(
            f"{path}: Keras wants the ending in small letters; rename it to {path.suffix.lower()}"
        )
    refuse_file(path)
    stored = read_config(path)
    if not allow_lambda:
        refuse_code(path, stored.config)
    try:
        refuse_unknown(path, stored.config)
        model = _loaded(path, safe=not allow_lambda)
    except ModelError as error:
        if not stored.keras_version.startswith("2."):
            raise
        raise ModelError(
            f"{path}: Keras {stored.keras_version} wrote it, and Keras 3 can't read all of it; "
            'load it with the package tf_keras, save it with model.save("folder", save_format="tf") '
            "and compile that folder"
        ) from error
    return from_model(model, str(path))


def _loaded(path: Path, *, safe: bool) -> Any:
    keras = packages.keras()
    try:
        with packages.quiet():
            return keras.saving.load_model(str(path), compile=False, safe_mode=safe)
    except (OSError, zipfile.BadZipFile, EOFError, KeyError) as error:
        raise ModelError(f"{path}: the file is damaged ({reason(error)}); {_SAVE_AGAIN}") from error
    except Exception as error:
        why = f"Keras can't load it ({reason(error)}); {_SAVE_AGAIN}"
        raise ModelError(f"{path}: {why}") from error
