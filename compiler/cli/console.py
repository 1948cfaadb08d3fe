"""Output: pictures and colours for people at a terminal, plain lines for everything else."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

output = Console(highlight=False, soft_wrap=True)
trouble = Console(stderr=True, highlight=False, soft_wrap=True)

STAGES = {
    "read": "reading the model",
    "import": "importing and optimising",
    "tune": "measuring every schedule of every layer",
    "generate": "writing Luau",
    "verify": "proving it against ONNX Runtime",
    "game": "putting the game together",
    "play": "drawing 1,000 digits in it",
    "place": "building the file",
    "site": "putting the page together",
}


def say(text: str) -> None:
    """Print a line; nothing in it is markup."""
    output.print(text, markup=False)


def say_error(text: str) -> None:
    """Print an error to standard error as one line."""
    trouble.print(f"onnx2luau: {' '.join(text.split())}", markup=False)


def say_json(data: object) -> None:
    """Print JSON for other programs."""
    sys.stdout.write(json.dumps(data, indent=2) + "\n")


@contextmanager
def stages(quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Show which stage a compile is at: a spinner at a terminal, plain lines elsewhere."""
    if quiet:
        yield lambda _stage: None
        return
    if not trouble.is_terminal:
        yield lambda stage: trouble.print(STAGES[stage], markup=False)
        return
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=trouble,
        transient=True,
    ) as progress:
        task = progress.add_task("starting", total=None)
        yield lambda stage: progress.update(task, description=STAGES[stage])


@contextmanager
def counter(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how much of a known amount is done."""
    if not trouble.is_terminal:
        trouble.print(f"{title}: {total:,}", markup=False)
        yield lambda _count: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}/{task.total:,}"))
    with Progress(*columns, TimeElapsedColumn(), console=trouble, transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda count: progress.update(task, advance=count)


def table(title: str, *columns: str, right: str = "") -> Table:
    """Return a table; the columns named in `right` (by their first letters' positions) are numbers."""
    result = Table(title=title, title_justify="left", header_style="bold")
    for index, column in enumerate(columns):
        result.add_column(column, justify="right" if str(index) in right else "left", overflow="fold")
    return result


def show(content: Table) -> None:
    """Print a table."""
    output.print(content)
