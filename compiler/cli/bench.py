"""onnx2luau bench: generated code side by side with its alternatives, in one run."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from onnx2luau.backends.luau.find_lune import require_lune
from onnx2luau.backends.luau.options import Options
from onnx2luau.compiler.bench.measure import Result, bench_build, bench_model
from onnx2luau.compiler.cli import parameters as p
from onnx2luau.compiler.cli.console import counter, say, say_json, show, table
from onnx2luau.compiler.request import Request


def command(
    model: Annotated[Path, typer.Argument(help="A model, or the folder of a build.", metavar="MODEL|DIR")],
    inputs: p.Inputs = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often every engine is measured, in turn.")] = 9,
    weights: p.WeightsOption = "f32",
    encoding: p.EncodingOption = "base64",
    schedule: p.Schedules = None,
    dim: p.Dims = None,
    allow_nonfinite: p.AllowNonfinite = False,
    allow_lambda: p.AllowLambda = False,
    as_json: p.AsJson = False,
) -> None:
    """Measure generated Luau against textbook Luau, ONNX Runtime and numpy.

    client is Luau's interpreter, server its native code. Figures are medians of one run, and ratios move much
    less from machine to machine than times do; measure on a quiet machine.
    """
    require_lune()
    with counter("rounds", rounds) as advance:
        if (model / "manifest.json").is_file():
            result = bench_build(model, inputs, rounds, advance)
        else:
            request = Request(
                model=model,
                options=Options("client", weights, encoding, p.pairs(schedule, "--schedule")),
                inputs=inputs,
                dims=p.sizes(dim),
                allow_nonfinite=allow_nonfinite,
                allow_lambda=allow_lambda,
            )
            result = bench_model(request, rounds, advance)
    if as_json:
        say_json(asdict(result))
    else:
        _show(result, rounds)


def _show(result: Result, rounds: int) -> None:
    title = f"{result.name}: microseconds a prediction, {rounds} rounds"
    rows = table(title, "", "median", "least", "most", "ratio", "load ms", "size MB", right="123456")
    for each in result.figures:
        times = [f"{value:,.1f}" for value in (each.median, each.least, each.most)]
        load = "" if each.load is None else f"{each.load:,.1f}"
        size = "" if each.bytes is None else f"{each.bytes / 1e6:.2f}"
        rows.add_row(each.engine, *times, f"{each.ratio:.2f}", load, size)
    show(rows)
    for remark in result.remarks:
        say(remark)
