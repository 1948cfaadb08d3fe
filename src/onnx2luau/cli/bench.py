"""onnx2luau bench: generated code side by side with its alternatives, in one run."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path
from typing import Annotated, Literal

import typer

from onnx2luau.backends.luau.options import TARGETS, Options
from onnx2luau.backends.lune.tools import LUNE
from onnx2luau.bench.contest import Result, bench_build, bench_model
from onnx2luau.bench.described import described
from onnx2luau.bench.layers import build_layers, model_layers
from onnx2luau.cli import parameters as p
from onnx2luau.cli.bench_layers import show_layers
from onnx2luau.cli.console import counter, say, say_json, show, table
from onnx2luau.compiler.errors import UsageError
from onnx2luau.request import MOST_SAMPLES, Request

MOST_ROUNDS = 10_000


def command(
    model: Annotated[Path, typer.Argument(help="A model, or the folder of a build.", metavar="MODEL|DIR")],
    inputs: p.Inputs = None,
    rounds: Annotated[
        int, typer.Option(min=1, max=MOST_ROUNDS, help="How often every engine is measured, in turn.")
    ] = 15,
    target: Annotated[
        Literal["both", "client", "server"], typer.Option(help="Interpreter, native code, or both.")
    ] = "both",
    batch: Annotated[
        list[int] | None,
        typer.Option(min=1, max=MOST_SAMPLES, help="How many samples at once; repeatable. 1 otherwise."),
    ] = None,
    layers: Annotated[bool, typer.Option("--layers", help="Time every layer by itself.")] = False,
    weights: p.WeightsOption = "f32",
    encoding: p.EncodingOption = "base64",
    schedule: p.Schedules = None,
    dim: p.Dims = None,
    state: p.States = None,
    selected: p.Outputs = None,
    allow_nonfinite: p.AllowNonfinite = False,
    allow_lambda: p.AllowLambda = False,
    as_json: p.AsJson = False,
) -> None:
    """Measure generated Luau against textbook Luau, ONNX Runtime and numpy.

    client is Luau's interpreter, server its native code; ONNX Runtime and numpy have one thread and are
    called from Python. All are measured in turn on the same samples, round after round. Figures are those of
    one run: ratios to the first line move much less from machine to machine than times do. Measure on a quiet
    machine, and with --inputs from real use, since generated code may skip zeros.

    With --batch generated code is called by predictBatch, ONNX Runtime and numpy get one array where the
    model's batch is open, and the textbook computes one sample after another; times are those of a sample.
    """
    LUNE.require()
    targets = TARGETS if target == "both" else (target,)
    options = Options(targets[0], weights, encoding, p.pairs(schedule, "--schedule"))
    is_build = (model / "manifest.json").is_file()
    if is_build and (options != Options(targets[0]) or dim or selected):
        raise UsageError(
            f"{model} is a build, whose weights, encoding, schedules, sizes and outputs are chosen; give its "
            "model to measure others"
        )
    if layers and batch:
        raise UsageError("--layers times one sample after another; leave --batch out")
    request = Request(
        model=model,
        options=options,
        inputs=inputs,
        dims=p.sizes(dim),
        states=p.pairs(state, "--state"),
        outputs=selected or (),
        allow_nonfinite=allow_nonfinite,
        allow_lambda=allow_lambda,
    )
    if layers:
        with counter("rounds", rounds * len(targets)) as advance:
            if is_build:
                times = build_layers(model, inputs, rounds, advance, targets)
            else:
                times = model_layers(request, rounds, advance, targets)
        show_layers(model.name, times, as_json=as_json)
        return
    batches = batch or [1]
    with counter("rounds", rounds * len(batches)) as advance:
        if is_build:
            result = bench_build(model, inputs, rounds, advance, targets, batches)
        else:
            result = bench_model(request, rounds, advance, targets, batches)
    if as_json:
        say_json({**described(result), "inputs": "random" if inputs is None else "given"})
    else:
        _show(result, "random" if inputs is None else "given")


def _show(result: Result, inputs: str) -> None:
    for batch in dict.fromkeys(each.batch for each in result.times):
        title = (
            f"{result.name}: microseconds a sample, batches of {batch}, {result.rounds} rounds, "
            f"{result.samples} {inputs} samples"
        )
        rows = table(title, "", "median", "least", "most", "ratio", right="1234")
        fitting = [each for each in result.times if each.batch == batch]
        for each in fitting:
            cells = [_digits(value) for value in astuple(each.spread)]
            one_by_one = " (one by one)" if batch > 1 and not each.together else ""
            rows.add_row(f"{each.engine}{one_by_one}", *cells, f"{each.ratio(fitting[0]).median:.3g}")
        show(rows)
    rows = table("loading, in milliseconds", "", "median", "least", "most", "size MB", right="1234")
    for built in result.footprints:
        cells = [f"{value:,.1f}" for value in astuple(built.load)]
        rows.add_row(built.engine, *cells, f"{built.bytes / 1e6:.2f}")
    show(rows)
    for remark in result.remarks:
        say(remark)


def _digits(value: float) -> str:
    return f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"
