"""HDF5 files: nothing in one may lead out of it, or claim to be larger than a model can be."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from onnx2luau.compiler.errors import ModelError

from . import packages
from .files import LARGEST, refuse_size
from .reason import reason

_READER = Path(__file__).with_name("hdf5_reader.py")
_SECONDS = 30
_SAVE_AGAIN = "save it again with model.save(...)"


def read_hdf5(path: Path, data: bytes) -> dict[str, Any]:
    """Return the model's "config" and the "version" of the Keras that wrote it, each as text or None.

    path: how messages call the file.

    Links to other files and datasets that are stored in other files would be followed on loading. A dataset
    that was never written takes no space in the file, whatever its shape. Raises ModelError for these, by
    their names, and for a file that HDF5 can't read.
    """
    packages.import_quietly("h5py")
    command = [sys.executable, "-P", str(_READER), str(LARGEST)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=_SECONDS, check=True)
        found: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired as error:
        raise _damaged(path, f"reading it takes more than {_SECONDS} seconds") from error
    except (subprocess.CalledProcessError, ValueError) as error:
        raise _damaged(path, "HDF5 breaks down on it") from error
    if "odd" in found:
        where, what = found["odd"]
        raise ModelError(f"{path}: {where!r} in it {what}, which Keras never writes; {_SAVE_AGAIN}")
    if "damage" in found:
        raise _damaged(path, reason(OSError(found["damage"])))
    refuse_size(path, "the sum of its weights", found["size"])
    return found


def _damaged(path: Path, why: str) -> ModelError:
    return ModelError(f"{path}: the HDF5 data in it are damaged ({why}); {_SAVE_AGAIN}")
