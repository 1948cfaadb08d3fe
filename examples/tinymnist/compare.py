"""Trains two sizes of the dense network alike and shows what the larger one buys.

Run it as `python compare.py --data mnist.npz`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import command_line
import data
import experiment
import typer
from command_line import Data, Epochs, Seed
from experiment import Trained
from recipe import MOST_EPOCHS, Recipe
from report import percent
from rich.console import Console
from rich.table import Table

IN_VIEW = (4, 7, 9)
"""The digits that TinyMNIST's first, small network confused most."""

ROWS: dict[str, Callable[[Trained], float]] = {
    "test accuracy": lambda trained: trained.figures.accuracy,
    "training time (s)": lambda trained: trained.course.seconds,
    "epochs": lambda trained: trained.course.epochs,
    "parameters": lambda trained: trained.parameters,
}


def compare(
    small: Annotated[int, typer.Option(min=1, help="Neurons in the smaller hidden layer.")] = 64,
    large: Annotated[int, typer.Option(min=1, help="Neurons in the larger hidden layer.")] = 256,
    data_file: Data = None,
    epochs: Epochs = MOST_EPOCHS,
    seed: Seed = 0,
) -> None:
    """Train a small and a large hidden layer on the same digits with the same seed, and compare them."""
    digits = data.load(data_file)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "best.weights.h5"
        pair = [
            experiment.run(Recipe(hidden, epochs=epochs, seed=seed), digits, checkpoint)
            for hidden in (small, large)
        ]
    Console().print(table(*pair))


def table(small: Trained, large: Trained) -> Table:
    """Set two runs side by side, with the difference, the digits in view marked."""
    sides = Table(title="What the larger hidden layer buys")
    sides.add_column("")
    for trained in (small, large):
        sides.add_column(f"{trained.recipe.hidden} neurons", justify="right")
    sides.add_column("difference", justify="right")
    for name, value in ROWS.items():
        share = name == "test accuracy"
        sides.add_row(name, *_cells(value(small), value(large), share), end_section=name == "parameters")
    for digit, (left, right) in enumerate(zip(small.figures.by_digit, large.figures.by_digit, strict=True)):
        marked = "bold yellow" if digit in IN_VIEW else None
        sides.add_row(f"digit {digit}", *_cells(left, right, share=True), style=marked)
    return sides


def _cells(left: float | None, right: float | None, share: bool) -> tuple[str, str, str]:
    if left is None or right is None:
        return percent(left), percent(right), "-"
    if share:
        return percent(left), percent(right), f"{100 * (right - left):+.2f} points"
    return f"{left:,.0f}", f"{right:,.0f}", f"{right - left:+,.0f}"


if __name__ == "__main__":
    command_line.run(compare)
