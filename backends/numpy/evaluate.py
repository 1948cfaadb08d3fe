"""The reference evaluator: one numpy function an op, one op after another."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache, singledispatch

import numpy as np

from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.types import Array, DType
from onnx2luau.compiler.ir.values import Value

Read = Callable[[Value], Array]


@singledispatch
def compute(op: Op, read: Read) -> Array:
    """Return the result of one op; `read` gives its operands' arrays."""
    raise NotImplementedError(f"the numpy backend has no {type(op).__name__}")


def evaluate(graph: Graph, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return the outputs by name; `inputs` are arrays of exactly the declared shapes, by name."""
    known = dict(graph.constants)
    for port in graph.inputs:
        array = np.asarray(inputs[port.name], port.value.type.dtype.numpy)
        if array.shape != port.value.shape:
            raise ValueError(f"input {port.name!r} is {list(array.shape)}, not {list(port.value.shape)}")
        known[port.value] = array
    for node in graph.nodes:
        known[node.result] = evaluate_op(node.op, known.__getitem__)
    return {port.name: known[port.value] for port in graph.outputs}


def evaluate_op(op: Op, read: Read, *, in_doubles: bool = False) -> Array:
    """Return the result of one op, of exactly the type the op declares, but f64 for f32 if `in_doubles`."""
    _load_ops()
    with np.errstate(all="ignore"):  # infinities and NaN are results like others
        result = compute(op, read)
        type_ = op.result_type()
        is_double = in_doubles and type_.dtype is DType.F32
        dtype = np.dtype(np.float64) if is_double else type_.dtype.numpy
        return np.ascontiguousarray(result, dtype).reshape(type_.shape)


def evaluate_in_doubles(op: Op, read: Read) -> Array:
    """Return the result of one op as f64, whatever type the op declares."""
    _load_ops()
    with np.errstate(all="ignore"):
        return np.asarray(compute(op, read), np.float64)


@cache
def _load_ops() -> None:
    package = importlib.import_module("onnx2luau.backends.numpy.ops")
    for entry in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{entry.name}")
