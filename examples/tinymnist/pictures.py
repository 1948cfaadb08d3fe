"""The pictures a run leaves: its confusion matrix and its training curve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from data import CLASSES
from failures import MissingPackageError
from figures import Figures
from files import replacing
from fitting import Course
from machinery import INSTALL

DOTS = 100
"""Pixels an inch."""


def confusion(path: Path, figures: Figures, title: str) -> None:
    """Draw the confusion matrix as a PNG file."""
    figure = _figure(5.2, 4.8)
    axes = figure.add_subplot()
    wrong = figures.confusion.copy()
    # The diagonal is a hundred times any mistake; left in, it would wash all mistakes out to one colour.
    np.fill_diagonal(wrong, 0)
    axes.imshow(wrong, cmap="OrRd")
    for row, column in np.ndindex(wrong.shape):
        number = figures.confusion[row, column]
        dark = wrong[row, column] > wrong.max() / 2
        if number:
            axes.text(
                column,
                row,
                str(number),
                ha="center",
                va="center",
                fontsize=8,
                color="white" if dark else "black",
                weight="bold" if row == column else "normal",
            )
    axes.set_xticks(range(CLASSES))
    axes.set_yticks(range(CLASSES))
    axes.set(xlabel="read as", ylabel="written", title=f"{title}: {figures.accuracy:.2%}")
    _save(figure, path)


def training(path: Path, course: Course, title: str) -> None:
    """Draw loss and accuracy over the epochs as a PNG file."""
    figure = _figure(8, 3.4)
    epochs = range(1, course.epochs + 1)
    for place, (name, unit) in enumerate({"loss": "cross-entropy", "accuracy": "share right"}.items(), 1):
        axes = figure.add_subplot(1, 2, place)
        axes.plot(epochs, course.history[name], marker=".", label="training")
        axes.plot(epochs, course.history[f"val_{name}"], marker=".", label="validation")
        axes.axvline(course.best_epoch, color="grey", linestyle=":", label=f"kept: epoch {course.best_epoch}")
        axes.set(xlabel="epoch", ylabel=unit, title=f"{title}: {name}")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend(fontsize=8)
    _save(figure, path)


def need_matplotlib() -> None:
    """Say how to install matplotlib before a run starts, not after its minutes of training."""
    try:
        import matplotlib  # noqa: F401, PLC0415
    except ImportError as error:
        raise MissingPackageError(f"The pictures need matplotlib: {INSTALL}") from error


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure  # noqa: PLC0415 - slow to import, and of no use to --help

    return Figure(figsize=(width, height), layout="constrained")


def _save(figure: Any, path: Path) -> None:
    with replacing(path) as written:
        # Without the name of the program, the same run draws the same bytes.
        figure.savefig(written, dpi=DOTS, metadata={"Software": None})
