"""Fitting a network to the digits until the validation loss stops falling."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data import Digits, scaled
from networks import Network
from recipe import Recipe


@dataclass(frozen=True)
class Course:
    """How a training run went; epochs count from 1."""

    history: dict[str, list[float]]
    """Loss and accuracy of each epoch, on the training digits and (val_) on the digits held back."""
    best_epoch: int
    """The epoch with the smallest validation loss, whose weights the network has afterwards."""
    seconds: float

    @property
    def epochs(self) -> int:
        """Count the epochs trained."""
        return len(self.history["loss"])


def fit(keras: Any, network: Network, digits: Digits, recipe: Recipe, checkpoint: Path) -> Course:
    """Train, and leave the network with the weights of its best epoch.

    checkpoint: a .weights.h5 file for the best weights so far, should the run be cut short. It goes again
    when the run ends well.
    """
    network.training.compile(
        optimizer=keras.optimizers.Adam(), loss="sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    last = digits.held_back()
    x = scaled(digits.x_train, network.shape)
    began = time.perf_counter()
    run = network.training.fit(
        x[:-last],
        digits.y_train[:-last],
        validation_data=(x[-last:], digits.y_train[-last:]),
        batch_size=recipe.batch,
        epochs=recipe.epochs,
        callbacks=_callbacks(keras, recipe, checkpoint),
        # The bar draws over itself, which only a terminal can show.
        verbose=1 if sys.stdout.isatty() else 2,
    )
    seconds = time.perf_counter() - began
    checkpoint.unlink(missing_ok=True)
    history = {name: [float(value) for value in values] for name, values in run.history.items()}
    losses = history["val_loss"]
    return Course(history, best_epoch=1 + losses.index(min(losses)), seconds=seconds)


def _callbacks(keras: Any, recipe: Recipe, checkpoint: Path) -> list[Any]:
    watched = {"monitor": "val_loss", "mode": "min"}
    return [
        keras.callbacks.EarlyStopping(patience=recipe.patience, restore_best_weights=True, **watched),
        keras.callbacks.ModelCheckpoint(
            str(checkpoint), save_best_only=True, save_weights_only=True, **watched
        ),
    ]
