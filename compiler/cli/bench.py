"""onnx2luau bench: generated code side by side with its alternatives, in one run."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from onnx2luau.backends.luau.find_lune import require_lune
from onnx2luau.backends.luau.options import TARGETS, Options
from onnx2luau.compiler.bench.contest import Result, bench_build, bench_model
from onnx2luau.compiler.cli import parameters as p
from onnx2luau.compiler.cli.console import counter, say, say_json, show, table
from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.request import Request


def command(
    model: Annotated[Path, typer.Argument(help="A model, or the folder of a build.", metavar="MODEL|DIR")],
    inputs: p.Inputs = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often every engine is measured, in turn.")] = 15,
    target: Annotated[
        Literal["both", "client", "server"], typer.Option(help="Interpreter, native code, or both.")
    ] = "both",
    weights: p.WeightsOption = "f32",
    encoding: p.EncodingOption = "base64",
    schedule: p.Schedules = None,
    dim: p.Dims = None,
    allow_nonfinite: p.AllowNonfinite = False,
    allow_lambda: p.AllowLambda = False,
    as_json: p.AsJson = False,
) -> None:
    """Measure generated Luau against textbook Luau, ONNX Runtime and numpy.

    client is Luau's interpreter, server its native code; ONNX Runtime and numpy have one thread and are
    called from Python. All are measured in turn on the same samples, round after round. Figures are those of
    one run: ratios to the first line move much less from machine to machine than times do. Measure on a quiet
    machine, and with --inputs from real use, since generated code may skip zeros.
    """
    require_lune()
    targets = TARGETS if target == "both" else (target,)
    options = Options(targets[0], weights, encoding, p.pairs(schedule, "--schedule"))
    is_build = (model / "manifest.json").is_file()
    if is_build and (options != Options(targets[0]) or dim):
        raise UsageError(
            f"{model} is a build, whose weights, encoding, schedules and sizes are chosen; give its model to "
            "measure others"
        )
    with counter("rounds", rounds) as advance:
        if is_build:
            result = bench_build(model, inputs, rounds, advance, targets)
        else:
            request = Request(
                model=model,
                options=options,
                inputs=inputs,
                dims=p.sizes(dim),
                allow_nonfinite=allow_nonfinite,
                allow_lambda=allow_lambda,
            )
            result = bench_model(request, rounds, advance, targets)
    if as_json:
        say_json({**asdict(result), "inputs": "random" if inputs is None else "given"})
    else:
        _show(result, "random" if inputs is None else "given")


def _show(result: Result, inputs: str) -> None:
    title = (
        f"{result.name}: microseconds a prediction, {result.rounds} rounds, {result.samples} {inputs} samples"
    )
    rows = table(title, "", "median", "least", "most", "ratio", "load ms", "size MB", right="123456")
    for each in result.figures:
        times = [_digits(value) for value in (each.median, each.least, each.most)]
        load = "" if each.load is None else f"{each.load:,.1f}"
        size = "" if each.bytes is None else f"{each.bytes / 1e6:.2f}"
        rows.add_row(each.engine, *times, f"{each.ratio:.3g}", load, size)
    show(rows)
    for remark in result.remarks:
        say(remark)


def _digits(value: float) -> str:
    return f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"
