"""What Python programs use: `compile`, `load`, and the build they return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.builds.batch_axis import without_batch
from onnx2luau.builds.described import check_described
from onnx2luau.builds.manifest import Manifest, read_manifest
from onnx2luau.compiler.agreement import Agreement
from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.types import Array
from onnx2luau.driver import compile_model
from onnx2luau.proof.evidence import Evidence
from onnx2luau.proof.oracle import oracle_for
from onnx2luau.proof.proof_limit import PROOF_SECONDS
from onnx2luau.proof.verify import run_in_batches, verify_build
from onnx2luau.request import Request
from onnx2luau.samples.given_samples import Inputs, fit_labels, fit_samples
from onnx2luau.samples.samples import Samples, count_of
from onnx2luau.source import Source


@dataclass(frozen=True)
class Build:
    """A compiled model on disk."""

    folder: Path
    manifest: Manifest
    source: Source | None = None
    graph: Graph | None = None

    def run(self, inputs: Inputs) -> dict[str, Array]:
        """Run the generated code under Lune; outputs as f64, by name.

        The first axis of inputs and outputs counts samples, as the batch does in Keras and ONNX: a model of
        [1, 4] to [1, 10] takes [samples, 4] (or [samples, 1, 4]) and gives [samples, 10].
        """
        samples = self._samples(inputs)
        with Lune(self.manifest.options["target"]) as lune:
            check_described(lune, self.folder, self.manifest)
            results = run_in_batches(lune, self.folder, samples, self.manifest.work)
        return without_batch(results, self.manifest)

    def verify(self, inputs: Inputs, labels: Array | None = None) -> Agreement:
        """Compare the generated code with ONNX Runtime on inputs as `run` takes them.

        UsageError for a build that was only loaded.
        """
        if self.source is None or self.graph is None:
            raise UsageError("a loaded build has no model to compare with; use `onnx2luau verify MODEL DIR`")
        options = self.manifest.options
        samples = self._samples(inputs)
        right = None if labels is None else fit_labels(labels, count_of(samples), "the labels")
        return verify_build(
            self.folder,
            self.graph,
            oracle_for(self.source, self.manifest.states),
            Evidence(samples, count_of(samples), right),
            target=options["target"],
            rounded=options["weights"] != "f32",
        ).against_oracle

    def _samples(self, inputs: Inputs) -> Samples:
        return fit_samples(inputs, self.manifest.input_ports(), "the inputs")


def compile(  # noqa: A001 - the name that users expect
    model: object,
    output: str | Path,
    *,
    target: str = "client",
    weights: str = "f32",
    encoding: str = "base64",
    name: str | None = None,
    schedules: Mapping[str, str] | None = None,
    verify: bool | None = None,
    inputs: str | Path | Inputs | None = None,
    labels: str | Path | Array | None = None,
    samples: int | None = None,
    max_drop: float | None = None,
    dims: Mapping[str, int] | None = None,
    outputs: Sequence[str] = (),
    states: Mapping[str, str] | None = None,
    allow_nonfinite: bool = False,
    allow_lambda: bool = False,
    proof_seconds: float = PROOF_SECONDS,
    force: bool = False,
) -> Build:
    """Compile a model into a folder and prove it against ONNX Runtime under Lune.

    model: a path (.keras, .h5, .onnx, a SavedModel folder), a Keras model or an onnx.ModelProto. target:
    "client" (interpreter) or "server" (native code). weights: "f32", "f16" or "int8". encoding: "base64" or
    "table". schedules: a schedule by layer. verify: whether to prove the build; None does where Lune is.
    inputs, labels: samples to prove it on, as a file or as arrays whose first axis counts samples. max_drop:
    percent of answers that rounded weights may change. dims: sizes of open dimensions, by name. outputs: the
    tensors that are wanted, inner ones among them, instead of the model's own outputs. states: inputs that
    are given what outputs were the call before, by name. proof_seconds: how long the proof may take. force:
    whether the folder may hold a build in which you keep files; they stay there.

    Raises ModelError, UsageError, DisagreementError or MissingToolError, each with one sentence; whatever is
    raised, an older build in the folder stays as it was. Without Lune the build is written unverified, unless
    `verify`, `labels` or `max_drop` ask for the proof.
    """
    try:
        options = Options(target, weights, encoding, dict(schedules or {}))
    except ValueError as error:
        raise UsageError(str(error)) from None
    request = Request(
        model=model,
        options=options,
        name=name,
        verify=verify,
        force=force,
        inputs=Path(inputs) if isinstance(inputs, str) else inputs,
        label_source=Path(labels) if isinstance(labels, str) else labels,
        sample_count=samples,
        max_drop=max_drop,
        dims=dims or {},
        outputs=outputs,
        states=states or {},
        allow_nonfinite=allow_nonfinite,
        allow_lambda=allow_lambda,
        proof_seconds=proof_seconds,
    )
    compiled = compile_model(request, Path(output))
    return Build(compiled.folder, compiled.manifest, compiled.source, compiled.graph)


def load(folder: str | Path) -> Build:
    """Open a build that was compiled before; UsageError when the folder is none."""
    return Build(Path(folder), read_manifest(Path(folder)))
