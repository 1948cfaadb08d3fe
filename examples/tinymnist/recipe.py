"""What one training run is made of: everything that decides which weights come out."""

from __future__ import annotations

from dataclasses import dataclass

MOST_EPOCHS = 30
"""Early stopping ends a dense network's run long before."""


@dataclass(frozen=True)
class Recipe:
    """The options of one run. Two runs with the same recipe and data give the same weights."""

    hidden: int = 256
    """Neurons in the hidden layer of the dense network."""
    cnn: bool = False
    """Train the convolutional network instead of the dense one."""
    augment: bool = False
    """Turn each digit by up to 10 degrees and move it by up to a tenth of the picture, anew each epoch."""
    dropout: float = 0.0
    """Share of the values before the last layer that are silenced in training, in [0, 1)."""
    epochs: int = MOST_EPOCHS
    batch: int = 128
    patience: int = 3
    """Epochs without a smaller validation loss after which training stops."""
    seed: int = 0

    @property
    def name(self) -> str:
        """Give the name of the model: mnist256 and the like, or mnist_cnn."""
        return "mnist_cnn" if self.cnn else f"mnist{self.hidden}"
