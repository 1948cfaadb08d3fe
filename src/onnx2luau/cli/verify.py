"""onnx2luau verify: a build against the model it came from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.backends.lune.tools import LUNE
from onnx2luau.builds.batch_axis import described_ports
from onnx2luau.builds.described import check_described
from onnx2luau.builds.manifest import Manifest, read_manifest
from onnx2luau.cli import parameters as p
from onnx2luau.cli.console import counter, say, say_error, say_json, show, stages, table
from onnx2luau.compiler.errors import DisagreementError, UsageError
from onnx2luau.driver import read_graph
from onnx2luau.progress import spoken
from onnx2luau.proof.oracle import Judge, oracle_for
from onnx2luau.proof.proof_limit import PROOF_SECONDS, ProofLimit
from onnx2luau.proof.verify import Verification, verify_build
from onnx2luau.proof.verify_layers import LayerReport, verify_layers
from onnx2luau.request import Request
from onnx2luau.samples.samples import count_of

WAY_OUT = "take fewer --samples, or a larger --proof-seconds"


def command(
    model: p.Model,
    folder: Annotated[Path, typer.Argument(help="The build to check.", metavar="DIR")],
    inputs: p.Inputs = None,
    labels: p.Labels = None,
    samples: p.Samples = None,
    proof_seconds: p.ProofSeconds = PROOF_SECONDS,
    layers: Annotated[bool, typer.Option("--layers", help="Compare layer by layer, on one sample.")] = False,
    dim: p.Dims = None,
    allow_nonfinite: p.AllowNonfinite = False,
    allow_lambda: p.AllowLambda = False,
    as_json: p.AsJson = False,
) -> None:
    """Compare a build with ONNX Runtime on the model it was compiled from."""
    LUNE.require()
    manifest = read_manifest(folder)
    with stages(quiet=as_json) as progress:
        request = Request(
            model=model,
            options=Options(**manifest.options),
            inputs=inputs,
            label_source=labels,
            sample_count=samples,
            proof_seconds=proof_seconds,
            dims=p.sizes(dim),
            states=manifest.states,
            outputs=manifest.selected,
            allow_nonfinite=allow_nonfinite,
            allow_lambda=allow_lambda,
            progress=progress,
        )
        request.check()
        progress("read")
        source, graph = read_graph(request)
    if source.sha256 != manifest.source["sha256"]:
        say_error(f"{folder} was compiled from another file than {model}; comparing all the same")
    if [*described_ports(graph)] != [manifest.inputs, manifest.outputs]:
        raise UsageError(f"{folder} was not compiled from {model}: it has other inputs or outputs")
    evidence = request.evidence_for(graph)
    with Lune(manifest.options["target"]) as lune:
        check_described(lune, folder, manifest)
    if layers:
        _layers(verify_layers(folder, manifest, source, graph, evidence.samples), as_json)
        return
    oracle = oracle_for(source, manifest.states)
    count = count_of(evidence.samples)
    limit = ProofLimit(proof_seconds, WAY_OUT)
    seconds = manifest.work.expected_seconds(manifest.options["target"], count)
    title = f"samples, {spoken(seconds)} by estimate"
    with counter(title, count) as advance, limit.lune(manifest.options["target"]) as lune:
        result = verify_build(
            folder,
            graph,
            oracle,
            evidence,
            target=manifest.options["target"],
            rounded=request.is_rounded,
            advance=limit.checked(advance),
            lune=lune,
        )
    _report(result, manifest, oracle, as_json)


def _report(result: Verification, manifest: Manifest, oracle: Judge, as_json: bool) -> None:
    figures = result.against_oracle
    if as_json:
        say_json({"agrees": result.agrees, "self_test": result.self_test, **figures.figures()})
    else:
        say(f"{manifest.name}: {figures.samples:,} samples against {oracle.title}")
        say(f"  worst absolute error {figures.worst_absolute:.3g}, relative {figures.worst_relative:.3g}")
        say(f"  worst distance {figures.worst_ulp:,} units in the last place")
        say(f"  answers changed: {figures.answers_changed:,}")
        say(f"  agreement took: {figures.rule}")
        if figures.accuracy is not None and figures.oracle_accuracy is not None:
            say(f"  accuracy {figures.accuracy:.2%}, of {oracle.title} {figures.oracle_accuracy:.2%}")
        if manifest.options["weights"] != "f32":
            say(f"  the code against the reference on the same weights: {result.code.worst_absolute:.3g}")
    if not result.agrees:
        raise DisagreementError(
            f"the build does not agree: {result.difference}; --layers tells in which layer"
        )


def _layers(reports: list[LayerReport], as_json: bool) -> None:
    first = next((report for report in reports if not report.agreement.agrees), None)
    if as_json:
        rows = [{"layer": r.layer, "against": r.against, **r.agreement.figures()} for r in reports]
        say_json({"layers": rows, "first": first.layer if first else None})
    else:
        result = table("layers", "layer", "against", "worst absolute", "worst relative", "", right="23")
        for report in reports:
            figures = report.agreement
            verdict = "agrees" if figures.agrees else "DIFFERS"
            row = (f"{figures.worst_absolute:.3g}", f"{figures.worst_relative:.3g}", verdict)
            result.add_row(report.layer, report.against, *row)
        show(result)
    if first is not None:
        raise DisagreementError(
            f"the first layer that leaves the tolerance is {first.layer!r}: {first.agreement.difference}"
        )
