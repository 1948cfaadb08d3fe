"""What a user asks of a compile, from the command line or from Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.lune.tools import LUNE
from onnx2luau.compiler.agreement import Agreement
from onnx2luau.compiler.errors import DisagreementError, UsageError
from onnx2luau.compiler.ir.cost import cost_of
from onnx2luau.compiler.ir.graph import Graph, Port
from onnx2luau.compiler.ir.types import Array
from onnx2luau.progress import Progress, silent
from onnx2luau.proof.evidence import Evidence
from onnx2luau.proof.probes import draw_probes
from onnx2luau.proof.proof_limit import PROOF_SECONDS
from onnx2luau.samples.given_samples import Inputs, fit_labels, fit_samples, load_labels, load_samples
from onnx2luau.samples.samples import Samples, count_of, random_samples

SAMPLES = 16
FEWEST_SAMPLES = 2
MOST_WORK = 200_000_000
"""Multiply-adds after which random samples are enough: a large network is proved on fewer of them."""
MOST_TENSORS = 100_000_000
"""The same of the numbers that all tensors of all samples hold."""
MOST_SAMPLES = 10**9
MOST_NUMBERS = 2**27
"""Of random samples: half a gigabyte."""


@dataclass
class Request:
    """A model and everything that can be chosen."""

    model: object
    options: Options = field(default_factory=Options)
    name: str | None = None
    verify: bool | None = None
    """Whether to prove it; None: where Lune is there. Labels and `max_drop` ask for a proof too."""
    force: bool = False
    """Whether the folder of the build may hold files of the user's, which are kept."""
    inputs: Path | Inputs | Callable[[Sequence[Port]], Samples] | None = None
    """Samples to prove it on: a file, arrays, or a function of the model's inputs that makes them."""
    label_source: Path | Array | None = None
    sample_count: int | None = None
    max_drop: float | None = None
    """The largest share of answers, in percent, that rounded weights may change (or worsen, given labels)."""
    dims: Mapping[str, int] = field(default_factory=dict)
    outputs: Sequence[str] = ()
    """The tensors that are wanted, inner ones among them; none: the model's own outputs."""
    states: Mapping[str, str] = field(default_factory=dict)
    """Inputs of the model that are given what outputs were in the run before, by their names."""
    allow_nonfinite: bool = False
    allow_lambda: bool = False
    tuning: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Microseconds by schedule of the layers, by name, whose schedule was chosen by measuring."""
    after_pass: Callable[[str, Graph], None] | None = None
    progress: Progress = silent
    proof_seconds: float = PROOF_SECONDS
    """How long the proof may take."""
    _samples: Samples | None = field(default=None, init=False)
    _evidence: Evidence | None = field(default=None, init=False)

    @property
    def is_rounded(self) -> bool:
        """Whether the weights are stored in fewer digits than the model's."""
        return self.options.weights != "f32"

    def check(self) -> None:
        """Raise UsageError for wishes that don't fit, MissingToolError for a proof that can't be made.

        Both before any work is done.
        """
        if self.sample_count is not None and not 1 <= self.sample_count <= MOST_SAMPLES:
            raise UsageError(f"--samples takes a number from 1 to {MOST_SAMPLES:,}")
        if not self.proof_seconds > 0:
            raise UsageError(f"--proof-seconds takes a number above 0, not {self.proof_seconds:g}")
        if self.max_drop is not None and not self.max_drop >= 0:
            raise UsageError(f"--max-drop takes a percentage of at least 0, not {self.max_drop:g}")
        if self.max_drop is not None and not self.is_rounded:
            raise UsageError(
                "--max-drop limits what rounded weights cost, and f32 ones are not rounded; "
                "choose --weights f16 or int8, or leave it out"
            )
        if self.label_source is not None and self.inputs is None:
            raise UsageError("labels say nothing about random samples; give --inputs too")
        wishes = {"--labels": self.label_source is not None, "--max-drop": self.max_drop is not None}
        for option in (name for name, is_given in wishes.items() if is_given and self.verify is False):
            raise UsageError(f"{option} needs the proof that --no-verify leaves out; give only one of them")
        if self.verify or any(wishes.values()):
            LUNE.require()

    @property
    def is_proved(self) -> bool:
        """Whether the build is to be proved; MissingToolError where Lune is there and does not work."""
        return self.verify is not False and LUNE.find() is not None

    def samples_for(self, graph: Graph) -> Samples:
        """Return samples like those that the model will meet: given ones, or seeded normal ones."""
        if self._samples is None:
            samples = self._given_samples(graph) if self.inputs is not None else None
            self._samples = samples or random_samples(graph.inputs, self._count(graph))
        return {name: array[: self.sample_count] for name, array in self._samples.items()}

    def evidence_for(self, graph: Graph) -> Evidence:
        """Return what a graph is to be proved on: the given samples, or seeded ones that look for faults."""
        if self._evidence is None:
            self._evidence = self._make_evidence(graph)
        return self._evidence

    def _make_evidence(self, graph: Graph) -> Evidence:
        if self.inputs is None and graph.states and self.label_source is None:
            # Extreme numbers would stay in the states for good.
            samples = random_samples(graph.inputs, self._count(graph))
            return Evidence(samples, count_of(samples), None)
        if self.inputs is None:
            if self.label_source is not None:
                raise UsageError("labels say nothing about random samples; give --inputs too")
            return draw_probes(graph, self._count(graph))
        samples = self.samples_for(graph)
        labels = None if self.label_source is None else self._labels(count_of(self._samples or samples))
        return Evidence(samples, count_of(samples), labels)

    def check_drop(self, agreement: Agreement) -> None:
        """Raise DisagreementError if rounding the weights changed more answers than the user allows."""
        if self.max_drop is None:
            return
        drop = 100 * agreement.answers_changed / agreement.samples
        what = "of the answers changed"
        if agreement.accuracy is not None and agreement.oracle_accuracy is not None:
            drop = 100 * (agreement.oracle_accuracy - agreement.accuracy)
            what = "of accuracy lost"
        if drop > self.max_drop:
            raise DisagreementError(
                f"with {self.options.weights} weights {drop:.3g} % {what}, more than --max-drop "
                f"{self.max_drop:g} allows; nothing was written"
            )

    def _given_samples(self, graph: Graph) -> Samples:
        """Return all samples that are given."""
        if isinstance(self.inputs, Path):
            return load_samples(self.inputs, graph.inputs)
        if callable(self.inputs):
            return self.inputs(graph.inputs)
        assert self.inputs is not None  # noqa: S101 - the callers asked
        return fit_samples(self.inputs, graph.inputs, "the inputs")

    def _count(self, graph: Graph) -> int:
        """Return how many random samples are wanted, or fit."""
        work = sum(cost_of(node.op, ()).multiply_adds for node in graph.nodes)
        tensors = sum(value.type.size for value in graph.values())
        fitting = min(SAMPLES, MOST_WORK // max(work, 1), MOST_TENSORS // max(tensors, 1))
        count = self.sample_count or max(FEWEST_SAMPLES, fitting)
        numbers = count * sum(port.value.type.size for port in graph.inputs)
        if numbers > MOST_NUMBERS:
            raise UsageError(
                f"--samples {count:,} of this model are {numbers:,} numbers, and at most {MOST_NUMBERS:,} "
                "are made; take fewer"
            )
        return count

    def _labels(self, count: int) -> Array:
        """Return the labels of the samples that are used, of which `count` are given."""
        if isinstance(self.label_source, Path):
            labels = load_labels(self.label_source, count)
        else:
            labels = fit_labels(self.label_source, count, "the labels")
        return labels[: self.sample_count]
