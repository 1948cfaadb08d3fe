"""Puts the subcommands together and turns every error into one sentence and an exit status."""

from __future__ import annotations

import signal
import sys
import traceback
from types import FrameType
from typing import Annotated, NoReturn

import typer

from onnx2luau.compiler.cli import bench, compile, demo, doctor, inspect, ops, place, run, verify, web  # noqa: A004
from onnx2luau.compiler.cli.console import say_error
from onnx2luau.compiler.errors import Onnx2LuauError
from onnx2luau.compiler.version import VERSION

SIGNALLED = 128
"""What shells add to a signal's number for the exit status."""

DEFECT = 70
"""The status of a fault of ours, as sysexits.h has it: EX_SOFTWARE."""

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
    """Run the command line and leave with its status.

    0, 1 disagreement, 2 bad input, 3 a missing tool, 70 a fault of ours.
    """
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        app(standalone_mode=True)
    except Onnx2LuauError as error:
        _leave(str(error), error.status)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except MemoryError:
        _leave("there is not enough memory for this model", 2)
    except Exception as error:
        _leave(
            f"this is a fault of onnx2luau {VERSION} ({type(error).__name__}); please report it with the "
            "model and with what `onnx2luau --debug` prints for the same command",
            DEFECT,
        )


def _leave(sentence: str, status: int) -> NoReturn:
    """Say what went wrong, after the trace of it if that is wanted."""
    if _debug:
        traceback.print_exc()
    say_error(sentence)
    sys.exit(status)


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    """Leave as an exception, so that half a build is cleaned up."""
    say_error("interrupted; nothing was changed")
    raise SystemExit(SIGNALLED + number)
