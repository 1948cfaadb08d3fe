"""onnx2luau inspect: the IR of a model, and what each layer costs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.luau.program import Program, print_program
from onnx2luau.backends.luau.scheduling import schedule
from onnx2luau.cli import parameters as p
from onnx2luau.cli.console import say_json, show, table
from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.ir.cost import cost_of
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.ops import op_name
from onnx2luau.compiler.ir.text import print_graph
from onnx2luau.compiler.passes import PIPELINE, Pass
from onnx2luau.driver import read_graph
from onnx2luau.request import Request

SCHEDULE = "schedule"
"""Printed after it is the program."""


def command(
    model: p.Model,
    after: Annotated[
        list[str] | None,
        typer.Option(
            "--print-after", help="Print the IR after this pass, or the program after `schedule`; repeatable."
        ),
    ] = None,
    weights: Annotated[
        bool, typer.Option("--weights", help="Print the graph alone, large constants whole.")
    ] = False,
    target: Annotated[p.Target, typer.Option(help="client: interpreter; server: native code.")] = "client",
    dim: p.Dims = None,
    state: p.States = None,
    selected: p.Outputs = None,
    allow_nonfinite: p.AllowNonfinite = False,
    allow_lambda: p.AllowLambda = False,
    as_json: p.AsJson = False,
) -> None:
    """Show the IR of a model after the passes, and the cost of each layer.

    `--print-after schedule` prints the program instead of the IR: how each layer would be computed.
    """
    request = Request(
        model=model,
        dims=p.sizes(dim),
        states=p.pairs(state, "--state"),
        outputs=selected or (),
        allow_nonfinite=allow_nonfinite,
        allow_lambda=allow_lambda,
        options=Options(target),
        after_pass=print_after([name for name in after or () if name != SCHEDULE], whole=weights),
    )
    _, graph = read_graph(request)
    program = schedule(graph, request.options)
    if as_json:
        say_json({"layers": _rows(graph), "program": _program(program)})
        return
    if SCHEDULE in (after or ()):
        sys.stdout.write(print_program(program))
    if not after:
        sys.stdout.write(print_graph(graph, elide=not weights))
        if weights:  # a graph that can be read back, and nothing else
            return
    result = table("layers", "layer", "op", "shape", "multiply-adds", "parameters", right="34")
    for row in _rows(graph):
        result.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row.values()))
    show(result)


def print_after(passes: Sequence[str] | None, *, whole: bool = False) -> Callable[[str, Graph], None] | None:
    """Return what prints the graph after the named passes; UsageError for a name that is none."""
    if not passes:
        return None
    passes_of(passes)

    def after(name: str, graph: Graph) -> None:
        if name in passes:
            sys.stdout.write(f"# after {name}\n{print_graph(graph, elide=not whole)}\n")

    return after


def passes_of(names: Sequence[str]) -> list[Pass]:
    """Return the passes of these names; UsageError for one that is none."""
    known = {each.__name__: each for each in PIPELINE}
    for name in names:
        if name not in known:
            raise UsageError(f"there is no pass {name!r}; the passes are {', '.join(known)}")
    return [known[name] for name in names]


def _program(program: Program) -> dict[str, object]:
    return {
        "target": program.target,
        "nanoseconds": program.cost,
        "kernels": [
            {
                "name": kernel.name,
                "layers": [node.layer for node in kernel.nodes],
                "kind": kernel.kind,
                "schedule": kernel.schedule,
                "alternatives": list(kernel.alternatives),
                "nanoseconds": kernel.match.cost,
                "reads": [value.name for value in kernel.reads],
                "writes": [value.name for value in kernel.writes],
            }
            for kernel in program.kernels
        ],
        "layouts": {value.name: str(layout) for value, layout in program.layouts.items()},
    }


def _rows(graph: Graph) -> list[dict[str, object]]:
    rows = []
    for node in graph.nodes:
        cost = cost_of(node.op, graph.constants)
        rows.append(
            {
                "layer": node.layer,
                "op": op_name(node.op),
                "shape": list(node.result.shape),
                "multiply_adds": cost.multiply_adds,
                "parameters": cost.parameters,
            }
        )
    return rows
