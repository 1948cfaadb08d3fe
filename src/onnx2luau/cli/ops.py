"""onnx2luau ops: what is supported, from the code itself."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from onnx2luau.cli.console import show, table
from onnx2luau.frontends.onnx.supported import supported


def command(
    markdown: Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")] = False,
) -> None:
    """List the ONNX operators that can be compiled."""
    rows = supported()
    if markdown:
        sys.stdout.write("| operator | meaning | attributes |\n|---|---|---|\n")
        for row in rows:
            meaning = row.meaning.replace("|", "\\|")
            sys.stdout.write(f"| {row.operator} | {meaning} | {', '.join(row.attributes)} |\n")
        return
    result = table(f"{len(rows)} ONNX operators", "operator", "meaning", "attributes")
    for row in rows:
        result.add_row(row.operator, row.meaning, ", ".join(row.attributes))
    show(result)
