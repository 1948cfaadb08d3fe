"""The `onnx2luau` command: one file a subcommand, errors and exit statuses in one place."""

from onnx2luau.builds.interrupts import leave_at_once

__all__ = ["main"]


def main() -> None:
    """Run the command line; a signal is answered from the start, while the modules are imported too."""
    leave_at_once()
    from onnx2luau.cli.commands import main as run  # noqa: PLC0415 - it takes a second

    run()
