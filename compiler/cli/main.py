"""Puts the subcommands together and turns every error into one sentence and an exit status."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Annotated, NoReturn

import typer

from onnx2luau.compiler.cli import bench, compile, demo, doctor, inspect, ops, place, run, verify, web  # noqa: A004
from onnx2luau.compiler.cli.console import say_error
from onnx2luau.compiler.errors import Onnx2LuauError
from onnx2luau.compiler.version import VERSION

SIGNALLED = 128
"""What shells add to a signal's number for the exit status."""

app = typer.Typer(
    help="Compile trained neural networks into small, fast, readable Luau, and prove it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
)
for module in (compile, verify, run, bench, inspect, ops, place, web, doctor, demo):
    name = module.__name__.rpartition(".")[2]
    app.command(name)(module.command)

_debug = False


def _show_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"onnx2luau {VERSION}\n")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the trace of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    global _debug  # noqa: PLW0603 - an option of the whole program
    del version
    _debug = debug


def main() -> None:
    """Run the command line and leave with its status: 0, 1 disagreement, 2 bad input, 3 a missing tool."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        app(standalone_mode=True)
    except Onnx2LuauError as error:
        if _debug:
            raise
        say_error(str(error))
        sys.exit(error.status)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except MemoryError:
        say_error("there is not enough memory for this model")
        sys.exit(2)


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    """Leave as an exception, so that half a build is cleaned up."""
    say_error("interrupted; nothing was changed")
    raise SystemExit(SIGNALLED + number)
