"""The reference evaluator: one numpy function an op, one op after another."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache, singledispatch

import numpy as np

from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.types import Array, DType, TensorType
from onnx2luau.compiler.ir.values import Value

Read = Callable[[Value], Array]


@singledispatch
def compute(op: Op, read: Read) -> Array | tuple[Array, ...]:
    """Return the result of one op, or its results; `read` gives its operands' arrays."""
    raise NotImplementedError(f"the numpy backend has no {type(op).__name__}")


def evaluate(graph: Graph, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return the outputs by name; `inputs` are arrays of exactly the declared shapes, by name.

    States are as they are at first.
    """
    return Steps(graph).run(inputs)


class Steps:
    """Runs of a graph one after another: each begins with the states that the one before has left."""

    def __init__(self, graph: Graph) -> None:
        """Begin with the initial states."""
        self._graph = graph
        self._states = {state.value: graph.constants[state.initial] for state in graph.states}

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Return the outputs by name."""
        known = _run(self._graph, inputs, self._states)
        self._states = {state.value: known[state.next] for state in self._graph.states}
        return {port.name: known[port.value] for port in self._graph.outputs}


def _run(graph: Graph, inputs: Mapping[str, Array], states: Mapping[Value, Array]) -> dict[Value, Array]:
    known = {**graph.constants, **states}
    for port in graph.inputs:
        array = np.asarray(inputs[port.name], port.value.type.dtype.numpy)
        if array.shape != port.value.shape:
            raise ValueError(f"input {port.name!r} is {list(array.shape)}, not {list(port.value.shape)}")
        known[port.value] = array
    for node in graph.nodes:
        known |= zip(node.results, evaluate_op(node.op, known.__getitem__), strict=True)
    return known


def evaluate_op(op: Op, read: Read, *, in_doubles: bool = False) -> tuple[Array, ...]:
    """Return the results of one op, of exactly the types the op declares, but f64 for f32 if `in_doubles`."""
    arrays = _results(op, read)
    types = op.result_types()
    with np.errstate(all="ignore"):  # infinities and NaN are results like others
        return tuple(_typed(*each, in_doubles=in_doubles) for each in zip(arrays, types, strict=True))


def evaluate_in_doubles(op: Op, read: Read) -> Array:
    """Return the first result of one op as f64, whatever type the op declares."""
    return np.asarray(_results(op, read)[0], np.float64)


def _results(op: Op, read: Read) -> tuple[Array, ...]:
    _load_ops()
    with np.errstate(all="ignore"):
        result = compute(op, read)
    return result if isinstance(result, tuple) else (result,)


def _typed(array: Array, type_: TensorType, *, in_doubles: bool) -> Array:
    is_double = in_doubles and type_.dtype is DType.F32
    dtype = np.dtype(np.float64) if is_double else type_.dtype.numpy
    return np.ascontiguousarray(array, dtype).reshape(type_.shape)


@cache
def _load_ops() -> None:
    package = importlib.import_module("onnx2luau.backends.numpy.ops")
    for entry in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{entry.name}")
