"""Keras models to ONNX: .keras, .h5, a SavedModel folder, or a keras.Model in memory.

Importing this package imports neither TensorFlow nor Keras; `convert` does, where it is called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from onnx2luau.compiler.agreement.tolerance import TOLERANCE, Tolerance

from . import agree, load, names, trace
from .model import from_model
from .source import Source

__all__ = ["Converted", "convert"]


@dataclass(frozen=True)
class Converted:
    """A Keras model as ONNX."""

    model: onnx.ModelProto
    states: Mapping[str, str]
    """What layers with stateful=True keep: inputs, and the outputs that are what they will be next."""


def convert(model: Path | Any, *, allow_lambda: bool = False, tolerance: Tolerance = TOLERANCE) -> Converted:
    """Convert a Keras model to a standard ONNX model of opset 18, and compare the two.

    model: a path to a .keras or .h5 file or to a SavedModel folder, or a built keras.Model.
    allow_lambda: run the Python code that Lambda layers in a file hold. Only for files you trust.
    tolerance: how far ONNX Runtime's answers may be from Keras's on a few seeded random samples.

    Inputs are called as the Keras inputs, outputs as the output layers, and nodes as layer and operator
    ("hidden/MatMul"). A batch that the model leaves open is 1. The same file gives the same bytes. The states
    of layers are inputs and outputs of the ONNX model; a network begins with zeros, as after reset_state().

    Raises ModelError for a file that can't be read, a model that can't be converted, or answers that differ,
    and MissingToolError without TensorFlow or tf2onnx.
    """
    if isinstance(model, str | Path):
        described = load.from_path(Path(model), allow_lambda=allow_lambda)
    else:
        described = from_model(model, f"the Keras model {getattr(model, 'name', '')!r}")
    try:
        proven = _proven(described, tolerance, move_transposes=True)
    except agree.WrongTranslationError:
        # On maps of one pixel tf2onnx confuses the axes when it moves transposes; unmoved they are right.
        proven = _proven(described, tolerance, move_transposes=False)
    kept = described.states
    pasts = [each.name for each in proven.graph.input[len(proven.graph.input) - kept :]]
    presents = [each.name for each in proven.graph.output[len(proven.graph.output) - kept :]]
    return Converted(proven, dict(zip(pasts, presents, strict=True)) if kept else {})


def _proven(source: Source, tolerance: Tolerance, *, move_transposes: bool) -> onnx.ModelProto:
    translation = trace.translate(source, move_transposes=move_transposes)
    model = names.renamed(
        translation.model,
        translation.label,
        source.name,
        inputs=[i.name for i in source.inputs],
        outputs=source.output_names(len(translation.model.graph.output)),
    )
    agree.check(source, model, tolerance)
    return model
