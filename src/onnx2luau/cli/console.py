"""Output: pictures and colours for people at a terminal, plain lines for everything else."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from onnx2luau.progress import Progress, silent

output = Console(highlight=False, soft_wrap=True)
trouble = Console(stderr=True, highlight=False, soft_wrap=True)

SECONDS_BETWEEN_LINES = 10.0
STAGES = {
    "read": "reading the model",
    "import": "importing and optimising",
    "tune": "measuring every schedule of every layer",
    "generate": "writing Luau",
    "verify": "proving it",
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
def stages(quiet: bool = False) -> Iterator[Progress]:
    """Show which stage a compile is at: a spinner at a terminal, plain lines elsewhere."""
    if quiet:
        yield silent
        return
    if not trouble.is_terminal:
        yield _Lines()
        return
    with Bars(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=trouble,
        transient=True,
    ) as progress:
        task = progress.add_task("starting", total=None)

        def show(stage: str, detail: str = "") -> None:
            progress.update(task, description=_described(stage, detail))

        yield show


class _Lines:
    """A line when a stage begins, and from time to time how far it is."""

    def __init__(self) -> None:
        self._stage = ""
        self._next = 0.0

    def __call__(self, stage: str, detail: str = "") -> None:
        if stage == self._stage and time.monotonic() < self._next:
            return
        self._stage, self._next = stage, time.monotonic() + SECONDS_BETWEEN_LINES
        trouble.print(_described(stage, detail), markup=False)


def _described(stage: str, detail: str) -> str:
    return f"{STAGES[stage]}: {detail}" if detail else STAGES[stage]


@contextmanager
def counter(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how much of a known amount is done."""
    if not trouble.is_terminal:
        trouble.print(f"{title}: {total:,}", markup=False)
        yield lambda _count: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}/{task.total:,}"))
    with Bars(*columns, TimeElapsedColumn(), console=trouble, transient=True) as progress:
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
