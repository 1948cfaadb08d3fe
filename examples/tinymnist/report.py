"""The tables a run prints."""

from __future__ import annotations

from pathlib import Path

from experiment import Trained
from figures import Figures
from rich.console import Console
from rich.table import Table


def percent(share: float | None) -> str:
    """Write a share of [0, 1] as a percentage; a digit without pictures has none."""
    return "-" if share is None else f"{share:.2%}"


def show(console: Console, trained: Trained, files: list[Path]) -> None:
    """Print a run's figures and the files it wrote."""
    course = trained.course
    console.print(confusion(trained.figures))
    console.print(
        f"[bold]{percent(trained.figures.accuracy)}[/] of the test digits are read right."
        f" {trained.parameters:,} parameters, {course.epochs} epochs in {course.seconds:.0f} s,"
        f" the best of them epoch {course.best_epoch}."
    )
    console.print("Wrote " + ", ".join(str(file) for file in files), highlight=False, soft_wrap=True)


def confusion(figures: Figures) -> Table:
    """Draw the confusion matrix, with each digit's accuracy at the end of its row."""
    table = Table(title="Written (rows) and read (columns)")
    table.add_column("", justify="right", style="bold")
    for digit in range(len(figures.confusion)):
        table.add_column(str(digit), justify="right")
    table.add_column("accuracy", justify="right")
    for digit, row in enumerate(figures.confusion):
        cells = [_cell(int(number), digit == column) for column, number in enumerate(row)]
        table.add_row(str(digit), *cells, percent(figures.by_digit[digit]))
    return table


def _cell(number: int, right: bool) -> str:
    if right:
        return f"[green]{number}[/]"
    return str(number) if number else "[dim].[/]"
