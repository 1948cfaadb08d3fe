"""What a user asks of a compile, from the command line or from Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from onnx2luau.backends.luau.options import Options
from onnx2luau.compiler.agreement import Agreement
from onnx2luau.compiler.errors import DisagreementError, UsageError
from onnx2luau.compiler.given_samples import Inputs, fit_labels, fit_samples, load_labels, load_samples
from onnx2luau.compiler.ir.cost import cost_of
from onnx2luau.compiler.ir.graph import Graph, Port
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.samples import Samples, count_of, random_samples

SAMPLES = 16
FEWEST_SAMPLES = 2
MOST_WORK = 200_000_000
"""Multiply-adds after which random samples are enough: a large network is proved on fewer of them."""


@dataclass
class Request:
    """A model and everything that can be chosen."""

    model: object
    options: Options = field(default_factory=Options)
    name: str | None = None
    verify: bool = True
    inputs: Path | Inputs | Callable[[Sequence[Port]], Samples] | None = None
    """Samples to prove it on: a file, arrays, or a function of the model's inputs that makes them."""
    label_source: Path | Array | None = None
    sample_count: int | None = None
    max_drop: float | None = None
    """The largest share of answers, in percent, that rounded weights may change (or worsen, given labels)."""
    dims: Mapping[str, int] = field(default_factory=dict)
    allow_nonfinite: bool = False
    allow_lambda: bool = False
    tuning: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Microseconds by schedule of the layers, by name, whose schedule was chosen by measuring."""
    after_pass: Callable[[str, Graph], None] | None = None
    progress: Callable[[str], None] = lambda _stage: None
    labels: Array | None = field(default=None, init=False)
    _samples: Samples | None = field(default=None, init=False)

    @property
    def is_rounded(self) -> bool:
        """Whether the weights are stored in fewer digits than the model's."""
        return self.options.weights != "f32"

    def samples_for(self, graph: Graph) -> Samples:
        """Return the samples to prove a graph on: given ones, or seeded random ones."""
        if self._samples is None:
            samples = self._make_samples(graph)
            if self.label_source is not None:
                self.labels = self._make_labels(count_of(samples))[: self.sample_count]
            self._samples = {name: array[: self.sample_count] for name, array in samples.items()}
        return self._samples

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

    def _make_samples(self, graph: Graph) -> Samples:
        """Return all samples that are given, or as many random ones as are wanted or fit."""
        if isinstance(self.inputs, Path):
            return load_samples(self.inputs, graph.inputs)
        if callable(self.inputs):
            return self.inputs(graph.inputs)
        if self.inputs is not None:
            return fit_samples(self.inputs, graph.inputs, "the inputs")
        work = sum(cost_of(node.op, ()).multiply_adds for node in graph.nodes)
        fitting = max(FEWEST_SAMPLES, min(SAMPLES, MOST_WORK // max(work, 1)))
        return random_samples(graph.inputs, self.sample_count or fitting)

    def _make_labels(self, count: int) -> Array:
        if self.inputs is None:
            raise UsageError("labels say nothing about random samples; give --inputs too")
        if isinstance(self.label_source, Path):
            return load_labels(self.label_source, count)
        return fit_labels(self.label_source, count, "the labels")
