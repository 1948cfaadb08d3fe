"""The MNIST digits: read from a file or fetched by Keras, checked, and turned into what a network takes."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from failures import ExampleError
from numpy.typing import NDArray

SIDE = 28
"""Pixels along each side of a digit."""
CLASSES = 10
KEYS = ("x_train", "y_train", "x_test", "y_test")
HELD_BACK = 12
"""One training digit in this many is held back for validation: 5,000 of MNIST's 60,000."""
UNREADABLE = (OSError, ValueError, TypeError, EOFError, zlib.error, zipfile.BadZipFile)
"""What numpy raises for files that are not, or no longer, .npz."""

Pixels = NDArray[np.uint8]
Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Digits:
    """Handwritten digits as MNIST has them: x is uint8 [n, 28, 28] in 0..255, y is uint8 [n] in 0..9."""

    x_train: Pixels
    y_train: Labels
    x_test: Pixels
    y_test: Labels

    def sha256(self) -> str:
        """Give the SHA-256 of the four arrays' bytes in the order of KEYS, however they were compressed."""
        digest = hashlib.sha256()
        for array in astuple(self):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def held_back(self) -> int:
        """Count the digits at the end of the training set which only decide when to stop."""
        return max(1, len(self.x_train) // HELD_BACK)


def load(path: Path | None) -> Digits:
    """Read a file with the keys of Keras's mnist.npz, or let Keras fetch MNIST where `path` is None.

    Raises ExampleError where the file is missing, is no such file, or the download fails.
    """
    return _fetch() if path is None else _checked(path.name, _read(path))


def scaled(x: Pixels, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Turn pixels of 0..255 [n, 28, 28] into values in [0, 1], float32 [n, *shape].

    This is the only place that divides by 255: dividing twice leaves a network a nearly black picture, for
    which it gives the same answer every time.
    """
    return (x.astype(np.float32) / np.float32(255)).reshape(len(x), *shape)


def _read(path: Path) -> dict[str, NDArray[Any]]:
    if not path.is_file():
        raise ExampleError(f"There is no data file {path}; leave --data out to let Keras download MNIST.")
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in KEYS if key in archive}
    except UNREADABLE as error:
        raise ExampleError(f"{path} is no .npz file that numpy can read.") from error
    absent = [key for key in KEYS if key not in arrays]
    if absent:
        raise ExampleError(f"{path} does not hold {' or '.join(absent)}, which Keras's mnist.npz does.")
    return arrays


def _fetch() -> Digits:
    from machinery import keras  # noqa: PLC0415 - takes seconds, and only a download needs it here

    mnist = keras().datasets.mnist
    try:
        (x_train, y_train), (x_test, y_test) = mnist.load_data()
    except Exception as error:
        # Keras reports a failed download as a bare Exception.
        raise ExampleError("Keras could not download MNIST; give a copy of mnist.npz with --data.") from error
    return Digits(x_train, y_train, x_test, y_test)


def _checked(name: str, arrays: dict[str, NDArray[Any]]) -> Digits:
    for part in ("train", "test"):
        x, y = arrays[f"x_{part}"], arrays[f"y_{part}"]
        if x.dtype != np.uint8 or x.ndim != 3 or x.shape[1:] != (SIDE, SIDE):
            raise ExampleError(f"x_{part} in {name} is {x.dtype} {list(x.shape)}, not uint8 [n, 28, 28].")
        if y.dtype != np.uint8 or y.shape != x.shape[:1] or not len(y) or y.max() >= CLASSES:
            raise ExampleError(f"y_{part} in {name} is not one uint8 label in 0..9 for each digit.")
    if len(arrays["x_train"]) < 2:
        raise ExampleError(f"{name} holds too few digits to train on and to validate with.")
    return Digits(**arrays)
