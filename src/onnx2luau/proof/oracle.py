"""What every generated number is measured against: ONNX Runtime on the original model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import onnx

from onnx2luau.backends.numpy import Steps
from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.onnx_runtime import onnxruntime, reason_of
from onnx2luau.source import Source

NEWEST_IR = 13
"""The newest format of ONNX files that released ONNX Runtimes read; nothing in it concerns the numbers."""


class Judge(Protocol):
    """Who says what a model's outputs are: ONNX Runtime, or the reference where there is only a graph."""

    title: str
    """What it is called in sentences."""
    version: str
    """What stands in the manifest."""

    def start(self) -> None:
        """Begin a new sequence of samples: with the initial states, if the model has any."""

    def run(self, inputs: dict[str, Array]) -> dict[str, Array]:
        """Return the outputs, by name, of one sample."""


def oracle_for(source: Source, states: Mapping[str, str] | None = None) -> Judge:
    """Return ONNX Runtime with a model, or the reference with a graph that was read as text.

    `states` are inputs that are given what outputs were in the run before, by their names.
    """
    if source.graph is not None:
        return Reference(source.graph)
    return Oracle(source, states=states)


class Reference:
    """The numpy meaning of a graph as it was read, before any pass."""

    title = "the numpy reference"
    version = f"numpy {np.__version__}"

    def __init__(self, graph: Graph) -> None:
        """Take a graph."""
        self._graph = graph
        self._steps = Steps(graph)

    def start(self) -> None:
        """Begin with the initial states."""
        self._steps = Steps(self._graph)

    def run(self, inputs: dict[str, Array]) -> dict[str, Array]:
        """Return the outputs, by name, of one sample."""
        return self._steps.run(inputs)


class Oracle:
    """One thread, one session, samples one by one; the model as it is.

    Optimisations are off unless its speed is asked for: some of them approximate, and what a model means is
    what its operators say.
    """

    title = "ONNX Runtime"

    def __init__(
        self,
        source: Source,
        extra_outputs: Sequence[str] = (),
        *,
        optimised: bool = False,
        states: Mapping[str, str] | None = None,
    ) -> None:
        """Load a model; ModelError when it can't.

        `extra_outputs` are inner tensors to return as well; `states` are inputs, besides the source's own,
        that are given what outputs were in the run before, zeros at first.
        """
        self._states = {**source.states, **(states or {})}
        self._remembered: dict[str, Array] = {}
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
        self._inputs = {port.name: port for port in self._session.get_inputs()}

    def start(self) -> None:
        """Forget the states."""
        self._remembered = {}

    def _with_states(self, inputs: dict[str, Array]) -> dict[str, Array]:
        """Return the inputs with what is remembered of those that are states."""
        missing = {past: self._remembered.get(past) for past in self._states if past not in inputs}
        return inputs | {
            past: _zeros(self._inputs[past]) if array is None else array for past, array in missing.items()
        }

    def run(self, inputs: dict[str, Array]) -> dict[str, Array]:
        """Return the outputs, by name, of one sample: arrays of the model's own shapes and types."""
        try:
            results: list[Any] = self._session.run(None, self._with_states(inputs))
        except Exception as error:
            raise ModelError(
                f"ONNX Runtime can't run this model on such inputs: {reason_of(error)}"
            ) from error
        named = {name: np.asarray(result) for name, result in zip(self.outputs, results, strict=True)}
        self._remembered = {past: named[present] for past, present in self._states.items()}
        return named


def _own_outputs(node: onnx.NodeProto) -> None:
    """Make every output of a body one that a node of it makes, and no other output is.

    ONNX Runtime leaves others uninitialised: those that are an input of the body, or the same tensor twice.
    """
    for graph in (each.g for each in node.attribute if each.HasField("g")):
        for inner in graph.node:
            _own_outputs(inner)
        free = {tensor for inner in graph.node for tensor in inner.output}
        for place, port in enumerate(graph.output):
            if port.name in free:
                free.discard(port.name)
                continue
            name = f"{port.name}/own{place}/{node.name or node.output[0]}"
            graph.node.append(onnx.helper.make_node("Identity", [port.name], [name]))
            port.name = name


def _zeros(port: Any) -> Array:
    dtypes = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(int32)": np.int32}
    # An open dimension is the batch.
    shape = [extent if isinstance(extent, int) else 1 for extent in port.shape]
    return np.zeros(shape, dtypes.get(port.type, np.bool_))


def _model(source: Source, extra_outputs: Sequence[str]) -> str | bytes:
    has_bodies = any(each.HasField("g") for node in source.model.graph.node for each in node.attribute)
    if source.path is not None and not extra_outputs and not has_bodies:
        return str(source.path)
    model = onnx.ModelProto()
    model.CopyFrom(source.model)
    for node in model.graph.node:
        _own_outputs(node)
    model.ir_version = min(model.ir_version, NEWEST_IR)
    own = {port.name for port in model.graph.output}
    for tensor in extra_outputs:
        if tensor not in own:
            model.graph.output.append(onnx.helper.make_empty_tensor_value_info(tensor))
    return bytes(model.SerializeToString())
