"""Puts the subcommands together and turns every error into one sentence and an exit status."""

from __future__ import annotations

import sys
import traceback
from typing import Annotated, NoReturn

import typer

from onnx2luau.builds.interrupts import Interrupted, leave_by_exception, was_interrupted
from onnx2luau.builds.workshop import written
from onnx2luau.cli import bench, compile, demo, doctor, inspect, ops, opt, place, run, verify, web  # noqa: A004
from onnx2luau.cli.console import say_error
from onnx2luau.compiler.errors import Onnx2LuauError
from onnx2luau.version import VERSION

DEFECT = 70
"""The status of a fault of ours, as sysexits.h has it: EX_SOFTWARE."""

app = typer.Typer(
    help="Compile trained neural networks into small, fast, readable Luau, and prove it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
)
for module in (compile, verify, run, bench, inspect, opt, ops, place, web, doctor, demo):
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
    leave_by_exception()
    try:
        app(standalone_mode=True)
    except Interrupted as stop:
        _leave(interrupted_sentence(), stop.status)
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
    stop = was_interrupted()
    # Somebody may have taken an interrupt for a failure of his own, such as of an import.
    say_error(sentence if stop is None else interrupted_sentence())
    sys.exit(status if stop is None else stop.status)


def interrupted_sentence() -> str:
    """Return what an interrupt left; builds in temporary folders are gone by now."""
    kept = ", ".join(str(path) for path in written if path.exists())
    return f"interrupted; {kept} is written already" if kept else "interrupted; nothing was changed"
