"""ONNX to Graph: node after node, constants computed on the way, everything static."""

from __future__ import annotations

from collections.abc import Mapping

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
from onnx2luau.frontends.onnx.branches import taken_branch
from onnx2luau.frontends.onnx.budget import Budget
from onnx2luau.frontends.onnx.expand import expand
from onnx2luau.frontends.onnx.finite import check_normalization, newly_undefined
from onnx2luau.frontends.onnx.fold import fold
from onnx2luau.frontends.onnx.inputs import check_dims, count_ports, input_type
from onnx2luau.frontends.onnx.load import normalize
from onnx2luau.frontends.onnx.registry import Importer, Result, find
from onnx2luau.frontends.onnx.selection import with_way_around
from onnx2luau.frontends.onnx.unsupported import UnsupportedError, described, first_output, unsupported
from onnx2luau.frontends.onnx.walk import nodes


def import_model(
    model: onnx.ModelProto,
    name: str,
    *,
    dims: Mapping[str, int] | None = None,
    allow_nonfinite: bool = False,
) -> Graph:
    """Turn a model into a graph with a batch of 1; `name` is used in messages and as the graph's name.

    `dims` fixes open dimensions by name or by INPUT:AXIS. ModelError names the node, tensor or input that
    can't be compiled.
    """
    check_ports(name, count_ports(model))
    check_dims(model, name, dims or {})
    model = normalize(model, name, dims or {})
    try:
        importing = _Import(model, name, dims or {}, allow_nonfinite=allow_nonfinite)
        graph = importing.run()
    except InvalidGraphError as error:
        raise ModelError(f"{name}: {error}") from None
    if not allow_nonfinite:
        check_weights(graph, {importing.values.get(tensor) for tensor in importing.undefined})
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
        self.budget = Budget(name)
        self.read = {port.name for port in model.graph.output}
        self.read.update(tensor for node in nodes(model.graph) for tensor in node.input)
        """The tensors that something reads."""
        self.taken = self.read | {tensor for node in model.graph.node for tensor in node.output}

    def run(self) -> Graph:
        graph = self.model.graph
        if graph.sparse_initializer:
            raise ModelError(f"{self.name}: sparse initializers are not supported; store them dense")
        for tensor in graph.initializer:
            self.known[tensor.name] = self._array(tensor)
        for port in graph.input:
            if port.name not in self.known:  # before IR version 4, weights are listed as inputs too
                self.known[port.name] = self.builder.input(port.name, input_type(port, self.name, self.dims))
        for node in graph.node:
            try:
                self.node(node, node.name or f"{node.op_type} {first_output(node)}")
            except UnsupportedError as error:
                raise with_way_around(error, graph, node) from None
        for output in dict.fromkeys(port.name for port in graph.output):  # one may be listed twice
            if output not in self.known:
                raise ModelError(f"{self.name}: no node makes the output {output!r}")
            self.builder.output(output, self.value(output))
        return check_peak(self.builder.finish())

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

    def value(self, tensor: str) -> Value:
        """Return the value of a tensor; a constant becomes part of the graph when it is first read."""
        known = self.known[tensor]
        if isinstance(known, Value):
            return known
        if tensor not in self.values:
            self.values[tensor] = self.builder.constant(self._checked(known, tensor), tensor)
        return self.values[tensor]

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
