"""onnx2luau compile: a model becomes a build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.lune.tools import LUNE
from onnx2luau.bench.tune import tuned
from onnx2luau.builds.build_folder import check_target
from onnx2luau.cli import parameters as p
from onnx2luau.cli.console import say, say_error, say_json, stages
from onnx2luau.cli.inspect import print_after
from onnx2luau.driver import Compiled, compile_model
from onnx2luau.proof.proof_limit import PROOF_SECONDS
from onnx2luau.report import measure_of
from onnx2luau.request import Request


def command(
    model: p.Model,
    output: Annotated[Path, typer.Option("--to", "-o", help="The folder to write the build to.")],
    target: Annotated[p.Target, typer.Option(help="client: interpreter; server: native code.")] = "client",
    weights: p.WeightsOption = "f32",
    encoding: p.EncodingOption = "base64",
    name: Annotated[
        str | None, typer.Option(help="The model's name in the build; its file's otherwise.")
    ] = None,
    schedule: p.Schedules = None,
    tune: Annotated[
        bool, typer.Option("--tune", help="Choose each layer's schedule by measuring all of them under Lune.")
    ] = False,
    verify: Annotated[
        bool | None,
        typer.Option(
            "--verify/--no-verify",
            help="Prove the generated code against ONNX Runtime; otherwise where Lune is there.",
        ),
    ] = None,
    inputs: p.Inputs = None,
    labels: p.Labels = None,
    samples: p.Samples = None,
    max_drop: Annotated[
        float | None,
        typer.Option(min=0, help="Percent of answers (of accuracy, with --labels) rounded weights may cost."),
    ] = None,
    proof_seconds: p.ProofSeconds = PROOF_SECONDS,
    dim: p.Dims = None,
    state: p.States = None,
    selected: p.Outputs = None,
    after: Annotated[
        list[str] | None, typer.Option("--print-after", help="Print the IR after a pass.")
    ] = None,
    allow_nonfinite: p.AllowNonfinite = False,
    allow_lambda: p.AllowLambda = False,
    force: p.Force = False,
    as_json: p.AsJson = False,
) -> None:
    """Compile a model into a folder of Luau and prove it against ONNX Runtime."""
    check_target(output, force=force)
    with stages(quiet=as_json) as progress:
        request = Request(
            model=model,
            options=Options(target, weights, encoding, p.pairs(schedule, "--schedule")),
            name=name,
            verify=verify,
            force=force,
            inputs=inputs,
            label_source=labels,
            sample_count=samples,
            max_drop=max_drop,
            proof_seconds=proof_seconds,
            dims=p.sizes(dim),
            states=p.pairs(state, "--state"),
            outputs=selected or (),
            allow_nonfinite=allow_nonfinite,
            allow_lambda=allow_lambda,
            after_pass=print_after(after),
            progress=progress,
        )
        if tune:
            LUNE.require()
            request.check()
            progress("tune")
            request = tuned(request, lambda _count: None)
        compiled = compile_model(request, output)
    if as_json:
        say_json({"folder": str(output), **vars(compiled.manifest)})
        return
    _summarise(compiled, output)
    if verify is None and compiled.verification is None:
        say_error("Lune was not found, so the build is not verified; `onnx2luau doctor --install` builds it")


def _summarise(compiled: Compiled, output: Path) -> None:
    manifest = compiled.manifest
    say(
        f"{output}: {len(manifest.layers)} layers, {manifest.parameters:,} parameters, "
        f"{manifest.multiply_adds:,} multiply-adds, "
        f"{manifest.bytes / 1e6:.2f} MB in {len(manifest.files)} files"
    )
    for layer in manifest.layers:
        if layer["schedule"]:
            say(f"  {layer['name']}: schedule {layer['schedule']}, {layer['multiply_adds']:,} multiply-adds")
        if "measured" in layer:
            times = (f"{name} {time:,.1f}" for name, time in layer["measured"].items())
            say(f"    measured, in microseconds: {', '.join(times)}")
    if compiled.verification is not None:
        figures, judge = compiled.verification.against_oracle, measure_of(manifest.verification or {})
        say(
            f"against {judge} on {figures.samples:,} samples: worst error {figures.worst_absolute:.3g}, "
            f"{figures.answers_changed:,} answers changed"
        )
        if figures.accuracy is not None and figures.oracle_accuracy is not None:
            say(f"accuracy {figures.accuracy:.2%}, of {judge} {figures.oracle_accuracy:.2%}")
