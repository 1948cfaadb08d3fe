"""onnx2luau opt: passes over a graph in its textual form."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from onnx2luau.builds.output_file import check_file, new_file
from onnx2luau.cli.inspect import passes_of
from onnx2luau.compiler.ir.check import check
from onnx2luau.compiler.ir.text import print_graph
from onnx2luau.compiler.passes import PIPELINE
from onnx2luau.graph_file import read_graph_file


def command(
    file: Annotated[Path, typer.Argument(help="A graph as inspect --weights prints it.", metavar="FILE.ir")],
    passes: Annotated[
        list[str] | None,
        typer.Option("--pass", help="A pass to apply; repeatable, in this order. All of them otherwise."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--to", "-o", help="A file for the graph; it is printed otherwise.")
    ] = None,
) -> None:
    """Apply passes to a graph in its textual form, and give the graph that comes of it."""
    chosen = passes_of(passes) if passes else PIPELINE
    if output is not None:
        check_file(output)
    graph = read_graph_file(file)
    for rewrite in chosen:
        graph = check(rewrite(graph))
    text = print_graph(graph)
    if output is None:
        sys.stdout.write(text)
        return
    with new_file(output) as new:
        new.write_text(text, "utf-8", newline="\n")
