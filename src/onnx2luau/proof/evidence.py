"""What a build is proved on: samples, and the labels that go with given ones."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.types import Array
from onnx2luau.samples.samples import Samples


@dataclass(frozen=True)
class Evidence:
    """Samples, of which the first `ordinary` share a scale and are what the figures tell of."""

    samples: Samples
    ordinary: int
    labels: Array | None = None
