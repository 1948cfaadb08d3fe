"""What every generated number is measured against: ONNX Runtime on the original model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import onnx

from onnx2luau.backends.numpy import evaluate
from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.onnx_runtime import onnxruntime, reason_of
from onnx2luau.compiler.source import Source

NEWEST_IR = 13
"""The newest format of ONNX files that released ONNX Runtimes read; nothing in it concerns the numbers."""


class Judge(Protocol):
    """Who says what a model's outputs are: ONNX Runtime, or the reference where there is only a graph."""

    title: str
    """What it is called in sentences."""
    version: str
    """What stands in the manifest."""

    def run(self, inputs: dict[str, Array]) -> dict[str, Array]:
        """Return the outputs, by name, of one sample."""


def oracle_for(source: Source) -> Judge:
    """Return ONNX Runtime with a model, or the reference with a graph that was read as text."""
    return Oracle(source) if source.graph is None else Reference(source.graph)


class Reference:
    """The numpy meaning of a graph as it was read, before any pass."""

    title = "the numpy reference"
    version = f"numpy {np.__version__}"

    def __init__(self, graph: Graph) -> None:
        """Take a graph."""
        self._graph = graph

    def run(self, inputs: dict[str, Array]) -> dict[str, Array]:
        """Return the outputs, by name, of one sample."""
        return evaluate(self._graph, inputs)


class Oracle:
    """One thread, one session, samples one by one; the model as it is.

    Optimisations are off unless its speed is asked for: some of them approximate, and what a model means is
    what its operators say.
    """

    title = "ONNX Runtime"

    def __init__(self, source: Source, extra_outputs: Sequence[str] = (), *, optimised: bool = False) -> None:
        """Load a model; `extra_outputs` are inner tensors to return as well. ModelError when it can't."""
        runtime = onnxruntime()
        self.version = f"onnxruntime {runtime.__version__}"
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        if not optimised:
            options.graph_optimization_level = onnxruntime().GraphOptimizationLevel.ORT_DISABLE_ALL
        try:
            self._session = runtime.InferenceSession(
                _model(source, extra_outputs), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime has exceptions of many kinds and no base of them
            raise ModelError(
                f"{source.name}: ONNX Runtime can't load this model: {reason_of(error)}"
            ) from error
        self.outputs = [port.name for port in self._session.get_outputs()]

    def run(self, inputs: dict[str, Array]) -> dict[str, Array]:
        """Return the outputs, by name, of one sample: arrays of the model's own shapes and types."""
        try:
            results: list[Any] = self._session.run(None, inputs)
        except Exception as error:
            raise ModelError(
                f"ONNX Runtime can't run this model on such inputs: {reason_of(error)}"
            ) from error
        return {name: np.asarray(result) for name, result in zip(self.outputs, results, strict=True)}


def _model(source: Source, extra_outputs: Sequence[str]) -> str | bytes:
    if source.path is not None and not extra_outputs:
        return str(source.path)
    model = onnx.ModelProto()
    model.CopyFrom(source.model)
    model.ir_version = min(model.ir_version, NEWEST_IR)
    own = {port.name for port in model.graph.output}
    for tensor in extra_outputs:
        if tensor not in own:
            model.graph.output.append(onnx.helper.make_empty_tensor_value_info(tensor))
    return bytes(model.SerializeToString())
