"""The whole compiler on one screen: model -> ONNX -> graph -> passes -> Luau -> proof -> build."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from onnx2luau.backends.luau.scheduling import schedule
from onnx2luau.backends.luau.weights.rounding import round_weights
from onnx2luau.backends.luau.write.module import Module, emit_module
from onnx2luau.backends.lune.run_time import work_of
from onnx2luau.builds.build_folder import check_target, staged, write_files
from onnx2luau.builds.contents import MANIFEST, file_entries
from onnx2luau.builds.manifest import Manifest
from onnx2luau.compiler.errors import DisagreementError, UsageError
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.spoilt_weights import check_weights
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.density import densities_for
from onnx2luau.frontends.onnx import import_model
from onnx2luau.progress import spoken
from onnx2luau.proof.oracle import Judge, oracle_for
from onnx2luau.proof.proof_limit import ProofLimit
from onnx2luau.proof.sample import make_sample
from onnx2luau.proof.verify import Verification, verify_build
from onnx2luau.report import Report, figures_of
from onnx2luau.request import Request
from onnx2luau.samples.samples import count_of
from onnx2luau.source import Source, read_source

WAY_OUT = "nothing was written: take fewer --samples, a larger --proof-seconds, or --no-verify"


@dataclass(frozen=True)
class Compiled:
    """What a compile leaves behind."""

    folder: Path
    source: Source
    graph: Graph
    manifest: Manifest
    verification: Verification | None
    """None when it was not asked for, or Lune is absent."""


def read_graph(request: Request) -> tuple[Source, Graph]:
    """Bring a model to the optimised graph, as every command sees it."""
    # What becomes a state is computed, too, whichever outputs are asked for.
    wanted = (*request.outputs, *(p for p in request.states.values() if p not in request.outputs))
    source = read_source(request.model, wanted if request.outputs else (), allow_lambda=request.allow_lambda)
    request.progress("import")
    graph = source.graph
    if graph is None:
        graph = import_model(
            source.model,
            source.name,
            dims=request.dims,
            states={**source.states, **request.states},
            allow_nonfinite=request.allow_nonfinite,
        )
    elif request.dims or request.states:
        what = "sizes" if request.dims else "states"
        raise UsageError(f"{source.file} is a graph, whose {what} stand in it; change them there")
    elif not request.allow_nonfinite:
        check_weights(graph)
    graph = run_pipeline(graph, request.after_pass)
    return source, round_weights(graph, request.options.weights)


def compile_model(request: Request, folder: Path) -> Compiled:
    """Compile a model into a folder. Whatever goes wrong, an older build there stays as it was.

    DisagreementError when the generated code does not compute what ONNX Runtime does.
    """
    request.check()
    is_proved = request.is_proved
    check_target(folder, force=request.force)
    request.progress("read")
    source, graph = read_graph(request)
    oracle = oracle_for(source, request.states)
    request.progress("generate")
    module = generate(request, graph, oracle)
    with staged(folder, force=request.force) as stage:
        report = Report(source, graph, module, request)
        write_files(stage, {**module.files, **report.files()})
        verification = None
        if is_proved:
            limit = ProofLimit(request.proof_seconds, WAY_OUT)
            verification = examine(request, stage, graph, oracle, limit)
            if verification.needs_room:
                report = replace(report, module=generate(request, graph, oracle, refereed=True))
                write_files(stage, {**report.module.files, **report.files()})
                verification = examine(request, stage, graph, oracle, limit)
            check_proof(request, verification, oracle)
            report = replace(report, proof=figures_of(verification, request, oracle))
            write_files(stage, report.files())
        manifest = report.manifest(file_entries(stage))
        write_files(stage, {MANIFEST: manifest.text()})
    return Compiled(folder, source, graph, manifest, verification)


def generate(request: Request, graph: Graph, oracle: Judge, *, refereed: bool = False) -> Module:
    """Return the Luau of a graph; `refereed` gives its self-test room for worse answers of ONNX Runtime."""
    evidence = request.evidence_for(graph)
    sample = make_sample(graph, oracle, evidence, request.options.weights, refereed=refereed)
    program = schedule(graph, request.options, densities_for(request, graph))
    return emit_module(program, request.options, sample)


def examine(request: Request, folder: Path, graph: Graph, oracle: Judge, limit: ProofLimit) -> Verification:
    """Run the generated code and hold it against ONNX Runtime, in the time that is left."""
    evidence = request.evidence_for(graph)
    count, done = count_of(evidence.samples), 0
    seconds = work_of(graph).expected_seconds(request.options.target, count)
    request.progress("verify", f"on {count:,} samples, {spoken(seconds)} by estimate")

    def advance(more: int) -> None:
        nonlocal done
        done += more
        if more:
            request.progress("verify", f"{done:,} of {count:,} samples")

    with limit.lune(request.options.target) as lune:
        return verify_build(
            folder,
            graph,
            oracle,
            evidence,
            target=request.options.target,
            rounded=request.is_rounded,
            advance=limit.checked(advance),
            lune=lune,
        )


def check_proof(request: Request, result: Verification, oracle: Judge) -> None:
    """Raise DisagreementError when the generated code is wrong, or rounding cost more than is allowed."""
    if not result.agrees:
        raise DisagreementError(
            f"the generated code does not agree with {oracle.title}: {result.difference}; nothing was "
            "written (compile with --no-verify, then `onnx2luau verify --layers` tells which layer it is)"
        )
    request.check_drop(result.against_oracle)
