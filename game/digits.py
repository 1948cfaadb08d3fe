"""The real digits and the trained models that come with onnx2luau, and how a model reads a pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.ir.types import Array
from onnx2luau.packaged import packaged

# The same place in a clone and in an installed package.
EXAMPLE = packaged("examples/tinymnist")
SHIPPED = {"mnist256": "MNIST 256", "mnist64": "MNIST 64", "mnist_cnn": "MNIST CNN"}
"""Titles of the models that a game offers when none is named; the first one is chosen when it starts."""


@dataclass(frozen=True)
class Pixels:
    """What a model reads for an empty and for a full pixel."""

    paper: float = 0.0
    ink: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.paper) and math.isfinite(self.ink)) or self.paper == self.ink:
            raise UsageError(
                f"--paper and --ink take two different numbers, not {self.paper:g} and {self.ink:g}"
            )

    def read(self, images: Array) -> Array:
        """Return images of uint8 [n, ...], where 255 is ink, as the model reads them: f32 of that shape."""
        return (self.paper + (self.ink - self.paper) * (images / 255)).astype(np.float32)


def shipped_models() -> list[Path]:
    """Return the trained models in the order of the game."""
    return [EXAMPLE / f"{name}.keras" for name in SHIPPED]


def load_digits(count: int) -> tuple[Array, Array]:
    """Return the first test digits: uint8 images [count, 784] and labels [count]."""
    path = EXAMPLE / "digits.npz"
    try:
        with np.load(path, allow_pickle=False) as data:
            images, labels = data["x"][:count], data["y"][:count]
    except OSError:
        raise UsageError(f"{path} can't be read; install onnx2luau again") from None
    return images.reshape(len(images), -1), labels
