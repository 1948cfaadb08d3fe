"""What the commands share: their options, and errors as one sentence with an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from failures import ExampleError

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FILE.npz",
        help="A copy of Keras's mnist.npz. Without it, Keras downloads MNIST.",
        show_default=False,
    ),
]
Epochs = Annotated[int, typer.Option(min=1, help="Train for at most this many epochs.")]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The same seed trains the same network.")]

INTERRUPTED = 130
"""The status that shells give a program stopped with Ctrl-C."""


def run(command: Callable[..., Any]) -> NoReturn:
    """Run a command's function with the arguments of the command line, and leave with its status."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    try:
        status = app(standalone_mode=False)
    except ExampleError as error:
        _leave(str(error), error.status)
    except typer.Abort:
        sys.exit(INTERRUPTED)
    except OSError as error:
        _leave(f"{error.filename or 'A file'}: {error.strerror or error}.", ExampleError.status)
    except Exception as error:
        # Wrong arguments: typer has their class from click or carries its own, by its version.
        told = getattr(error, "format_message", None)
        if told is None:
            raise
        _leave(told().rstrip(".") + ".", ExampleError.status)
    sys.exit(status or 0)


def writable(output: Path, ending: str) -> Path:
    """Refuse an output that could not be written, before minutes of work go into it."""
    if output.suffix != ending:
        raise ExampleError(f"--output {output} does not end in {ending}, the format that is written.")
    if not output.parent.is_dir():
        raise ExampleError(f"There is no folder {output.parent} to write {output.name} to.")
    if output.is_dir():
        raise ExampleError(f"--output {output} is a folder, not a file.")
    if not os.access(output.parent, os.W_OK):
        raise ExampleError(f"The folder {output.parent} can't be written to.")
    return output


def _leave(sentence: str, status: int) -> NoReturn:
    print(" ".join(sentence.split()), file=sys.stderr)
    sys.exit(status)
