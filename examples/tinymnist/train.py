"""Trains a digit reader on MNIST and leaves the model with its card and pictures.

Run it as `python train.py --data mnist.npz --output mnist256.keras`.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import card
import command_line
import data
import experiment
import pictures
import report
import typer
from command_line import Data, Epochs, Seed
from data import Digits
from experiment import Trained
from failures import ExampleError
from files import replacing
from recipe import MOST_EPOCHS, Recipe
from rich.console import Console

ENDING = ".keras"


def train(
    hidden: Annotated[
        int | None,
        typer.Option(
            min=1, help="Neurons in the dense network's hidden layer; 256 unless told.", show_default=False
        ),
    ] = None,
    cnn: Annotated[bool, typer.Option("--cnn", help="Train the small convolutional network.")] = False,
    augment: Annotated[
        bool, typer.Option("--augment", help="Turn and shift the training digits: 10 degrees, 10 %.")
    ] = False,
    dropout: Annotated[
        float, typer.Option(min=0, max=0.95, help="Share of the values before the last layer to drop.")
    ] = 0.0,
    data_file: Data = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.keras", help="The model to write; mnist256.keras and the like unless told."
        ),
    ] = None,
    epochs: Epochs = MOST_EPOCHS,
    seed: Seed = 0,
) -> None:
    """Train a network to read MNIST's digits; write the model, its card (.json) and two pictures (.png)."""
    if cnn and hidden is not None:
        raise ExampleError("--hidden is for the dense network; the layers of --cnn have one size only.")
    if math.isnan(dropout):
        raise ExampleError("--dropout is a share between 0 and 0.95, not nan.")
    recipe = Recipe(hidden or Recipe.hidden, cnn, augment, dropout, epochs, seed=seed)
    model = command_line.writable(output or Path(recipe.name + ENDING), ENDING)
    digits = data.load(data_file)
    pictures.need_matplotlib()
    trained = experiment.run(recipe, digits, model.with_suffix(".best.weights.h5"))
    report.show(Console(), trained, _write(model, trained, digits))


def _write(model: Path, trained: Trained, digits: Digits) -> list[Path]:
    """Write the model, then what describes it; give all paths."""
    card_file = model.with_suffix(".json")
    confusion = model.with_name(f"{model.stem}_confusion.png")
    training = model.with_name(f"{model.stem}_training.png")
    with replacing(model) as written:
        trained.model.save(written, include_optimizer=False)
    card.write(card_file, trained, digits, model)
    pictures.confusion(confusion, trained.figures, model.stem)
    pictures.training(training, trained.course, model.stem)
    return [model, card_file, confusion, training]


if __name__ == "__main__":
    command_line.run(train)
