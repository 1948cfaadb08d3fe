"""The `onnx2luau` command: one file a subcommand, errors and exit statuses in one place."""

from onnx2luau.compiler.cli.main import main

__all__ = ["main"]
