"""ONNX to Graph: node after node, constants computed on the way, everything static."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import numpy_helper

from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.builder import Builder
from onnx2luau.compiler.ir.check import InvalidGraphError
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.limits import check_peak, check_ports, excess
from onnx2luau.compiler.ir.spoilt_weights import check_weights
from onnx2luau.compiler.ir.types import Array, DType
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.bind import bind
from onnx2luau.frontends.onnx.bodies import import_bodied
from onnx2luau.frontends.onnx.bodies.scope import Parameter
from onnx2luau.frontends.onnx.budget import Budget
from onnx2luau.frontends.onnx.expand import expand
from onnx2luau.frontends.onnx.finite import check_normalization, newly_undefined
from onnx2luau.frontends.onnx.fold import fold
from onnx2luau.frontends.onnx.inputs import check_dims, count_ports, input_type
from onnx2luau.frontends.onnx.load import normalize
from onnx2luau.frontends.onnx.registry import Importer, Result, find
from onnx2luau.frontends.onnx.selection import with_way_around
from onnx2luau.frontends.onnx.states import with_states
from onnx2luau.frontends.onnx.taken_branch import taken_branch
from onnx2luau.frontends.onnx.unsupported import UnsupportedError, described, first_output, unsupported
from onnx2luau.frontends.onnx.walk import nodes


def import_model(
    model: onnx.ModelProto,
    name: str,
    *,
    dims: Mapping[str, int] | None = None,
    states: Mapping[str, str] | None = None,
    allow_nonfinite: bool = False,
) -> Graph:
    """Turn a model into a graph with a batch of 1; `name` is used in messages and as the graph's name.

    `dims` fixes open dimensions by name or by INPUT:AXIS. ModelError names the node, tensor or input that
    can't be compiled. `states` are inputs that are given what outputs were in the run before, by name.
    """
    check_ports(name, count_ports(model))
    check_dims(model, name, dims or {})
    model = normalize(model, name, dims or {})
    try:
        importing = _Import(model, name, dims or {}, allow_nonfinite=allow_nonfinite)
        graph = with_states(importing.run(), states or {})
    except InvalidGraphError as error:
        raise ModelError(f"{name}: {error}") from None
    if not allow_nonfinite:
        check_weights(graph, importing.undefined_values())
    return graph


class _Import:
    """One model on its way into a graph."""

    def __init__(
        self, model: onnx.ModelProto, name: str, dims: Mapping[str, int], *, allow_nonfinite: bool
    ) -> None:
        self.model = model
        self.name = name
        self.dims = dims
        self.allow_nonfinite = allow_nonfinite
        self.builder = Builder(name)
        self.known: dict[str, Value | Array] = {}
        """Every tensor so far: constants stay arrays until an op reads them as a value."""
        self.values: dict[str, Value] = {}
        self.undefined: set[str] = set()
        """Constants with NaN from arithmetic of the model on numbers that are none."""
        self.inside: list[_Import] = []
        """The bodies of its nodes."""
        self.budget = Budget(name)
        self.read = {port.name for port in model.graph.output}
        self.read.update(tensor for node in nodes(model.graph) for tensor in node.input)
        """The tensors that something reads."""
        self.taken = self.read | {tensor for node in model.graph.node for tensor in node.output}

    def run(self) -> Graph:
        graph = self.model.graph
        if graph.sparse_initializer:
            raise ModelError(f"{self.name}: sparse initializers are not supported; store them dense")
        weights = {tensor.name for tensor in graph.initializer}
        for port in graph.input:
            if port.name not in weights:  # before IR version 4, weights are listed as inputs too
                self.known[port.name] = self.builder.input(port.name, input_type(port, self.name, self.dims))
        return check_peak(self.run_nodes(graph))

    def undefined_values(self) -> set[Value | None]:
        """Return what became of such constants, in bodies too."""
        inside = {value for body in self.inside for value in body.undefined_values()}
        return {self.values.get(tensor) for tensor in self.undefined} | inside

    def run_nodes(self, graph: onnx.GraphProto) -> Graph:
        """Import everything in a graph but its inputs."""
        for tensor in graph.initializer:
            self.known[tensor.name] = self._array(tensor)
        for node in graph.node:
            try:
                self.node(node, node.name or f"{node.op_type} {first_output(node)}")
            except UnsupportedError as error:
                is_inner = graph is not self.model.graph
                raise error if is_inner else with_way_around(error, graph, node) from None
        is_body = graph is not self.model.graph
        outputs = [port.name for port in graph.output]
        for place, output in enumerate(outputs):
            if output not in self.known:
                raise ModelError(f"{self.name}: no node makes the output {output!r}")
            if is_body:  # users don't see the outputs of a body, which count by their places
                self.builder.output(f"{output}#{place}", self.value(output))
            elif output not in outputs[:place]:  # one may be listed twice
                self.builder.output(output, self.value(output))
        return self.builder.finish()

    def node(self, node: onnx.NodeProto, layer: str) -> None:
        """Import one node; `layer` is what its ops are said to belong to."""
        self.budget.take_nodes(1, f"the {node.op_type} at node {described(node)}")
        folded = fold(self.model, node, self.known, self.budget)
        if folded is not None:
            self.undefined |= newly_undefined(node, folded, self.known, self.undefined)
            self.known.update(folded)
            return
        if not self.allow_nonfinite:
            check_normalization(node, self.known, self.name)
        importer = find(node.domain if node.domain != "ai.onnx" else "", node.op_type)
        if importer is not None:
            self._define(node, self._call(importer, node, layer))
            return
        expanded = taken_branch(node, self.known, self.taken)
        if expanded is None:
            with self.builder.layer(layer):
                results = self._bodied(node)
            if results is not None:
                self._define(node, results)
                return
        if expanded is None:
            expanded = expand(self.model, node, self.known, self.taken, self.name)
        if expanded is None:
            raise unsupported(node, self.name)
        for inner in expanded:
            self.taken.update(inner.output)
            self.read.update(inner.input)
        for inner in expanded:
            try:
                self.node(inner, layer)
            except ModelError as error:
                part = "a branch of If" if node.op_type == "If" else f"the definition of {node.op_type}"
                raise type(error)(f"{error} (inside {part})") from None

    def inner(
        self, graph: onnx.GraphProto, parameters: Sequence[Parameter], captured: Sequence[str]
    ) -> Graph:
        """Import the body of a node: it takes the parameters that are not constant, and what it captures.

        Constants from outside are its own.
        """
        body = _Import(self.model, self.name, self.dims, allow_nonfinite=self.allow_nonfinite)
        body.budget, body.undefined = self.budget, self.undefined
        self.inside.append(body)
        body.builder = Builder(graph.name or "body")
        body.read = {port.name for port in graph.output}
        body.read.update(tensor for node in nodes(graph) for tensor in node.input)
        body.taken = self.taken | body.read
        for name, given in (*parameters, *((tensor, self.known[tensor]) for tensor in captured)):
            if isinstance(given, np.ndarray):
                body.known[name] = given
            else:
                type_ = given.type if isinstance(given, Value) else given
                body.known[name] = body.builder.input(name, type_)
        return body.run_nodes(graph)

    def value(self, tensor: str) -> Value:
        """Return the value of a tensor; a constant becomes part of the graph when it is first read."""
        known = self.known[tensor]
        if isinstance(known, Value):
            return known
        if tensor not in self.values:
            self.values[tensor] = self.builder.constant(self._checked(known, tensor), tensor)
        return self.values[tensor]

    def _bodied(self, node: onnx.NodeProto) -> tuple[Value, ...] | None:
        try:
            return import_bodied(self, node)
        except (ValueError, OverflowError) as error:
            raise ModelError(f"{self.name}: {node.op_type} at node {described(node)}: {error}") from None

    def _call(self, importer: Importer, node: onnx.NodeProto, layer: str) -> Result:
        arguments, attributes = bind(importer, node, self.known, self.value, self.name)
        with self.builder.layer(layer):
            try:
                return importer.function(self.builder, *arguments, **attributes)
            except (ValueError, OverflowError) as error:
                raise ModelError(f"{self.name}: {node.op_type} at node {described(node)}: {error}") from None

    def _define(self, node: onnx.NodeProto, result: Result) -> None:
        results = result if isinstance(result, tuple) else (result,)
        for index, tensor in enumerate(node.output):
            if index < len(results):
                self._check_size(node, results[index])
                self.known[tensor] = results[index]
                self.builder.name_tensor(results[index], tensor)
            elif tensor and tensor in self.read:
                raise unsupported(node, self.name, f"its output {index}, {tensor!r}, is used")

    def _check_size(self, node: onnx.NodeProto, result: Value) -> None:
        if too_much := excess(result.type):
            raise ModelError(f"{self.name}: the {node.op_type} at node {described(node)} makes {too_much}")

    def _array(self, tensor: onnx.TensorProto) -> Array:
        try:
            return numpy_helper.to_array(tensor)
        except (ValueError, TypeError, KeyError) as error:
            raise ModelError(f"{self.name}: the weights {tensor.name!r} can't be read: {error}") from None

    def _checked(self, array: Array, tensor: str) -> Array:
        try:
            dtype = DType.of(array.dtype)
        except KeyError:
            kind = "string" if array.dtype.kind in "OUS" else array.dtype.name
            raise ModelError(
                f"{self.name}: the tensor {tensor!r} is {kind}, which is not supported; convert it to float32"
            ) from None
        if dtype is DType.F16:
            raise ModelError(
                f"{self.name}: the tensor {tensor!r} is float16, which is supported for stored weights only; "
                "convert the model to float32 and compile with --weights f16"
            )
        return array
