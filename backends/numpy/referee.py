"""Computes a graph twice at once, in singles and in doubles, to tell roundings from faults.

What decides (a step, a comparison, a conversion) is decided once, by the singles: that is what a model means.
All else is arithmetic, and the doubles say what it would give without rounding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from onnx2luau.backends.numpy.evaluate import evaluate_op
from onnx2luau.backends.numpy.scalars import FUNCTIONS, compute_scalar
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.scalars import FUNCTIONS as IR_FUNCTIONS
from onnx2luau.compiler.ir.scalars import Apply, Argument, Scalar
from onnx2luau.compiler.ir.types import Array, DType
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.ir.weighted import Weighted

DECIDING = {
    *("floor", "ceil", "round_even", "trunc", "sign", "mod", "fmod", "int_div", "int_pow", "to_i32", "to_f32")
}


@dataclass(frozen=True)
class Both:
    """The same number, or the same tensor, in singles and in doubles."""

    single: Array
    double: Array


def evaluate_both(graph: Graph, inputs: Mapping[str, Array]) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return the outputs in singles and in doubles, by name; an input of floats may be given in doubles."""
    return StepsOfBoth(graph).run(inputs)


class StepsOfBoth:
    """Runs of a graph one after another, in singles and in doubles, from its initial states on."""

    def __init__(self, graph: Graph) -> None:
        """Begin with the initial states."""
        self._graph = graph
        self._states = {state.value: _same(graph.constants[state.initial]) for state in graph.states}

    def run(self, inputs: Mapping[str, Array]) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the outputs in singles and in doubles, by name."""
        known = _run(self._graph, inputs, self._states)
        self._states = {state.value: known[state.next] for state in self._graph.states}
        outputs = {port.name: known[port.value] for port in self._graph.outputs}
        singles = {name: both.single for name, both in outputs.items()}
        return singles, {name: both.double for name, both in outputs.items()}


def _run(graph: Graph, inputs: Mapping[str, Array], states: Mapping[Value, Both]) -> dict[Value, Both]:
    known = {value: _same(array) for value, array in graph.constants.items()} | dict(states)
    for port in graph.inputs:
        array = np.asarray(inputs[port.name])
        with np.errstate(over="ignore"):
            known[port.value] = Both(array.astype(port.value.type.dtype.numpy), _same(array).double)
    for node in graph.nodes:
        known |= zip(node.results, _compute(node.op, known), strict=True)
    return known


def _same(array: Array) -> Both:
    return Both(array, array.astype(np.float64) if array.dtype.kind == "f" else array)


def _compute(op: Op, known: Mapping[Value, Both]) -> tuple[Both, ...]:
    with np.errstate(all="ignore"):
        if isinstance(op, Pointwise):
            arguments = [known[value] for value in op.inputs]
            if op.dtype is DType.F32:
                arguments = list(map(_converted, arguments))
            return (_typed(_scalar(op.body, arguments), op.dtype, op.result_type().shape),)
        if isinstance(op, Weighted):
            (sums,) = _twice(op.sums, {**known, op.x: _scalar(op.before, [known[op.x]])})
            return (_scalar(op.activation, [sums]),)
    return _twice(op, known)


def _converted(both: Both) -> Both:
    """Return integers as the singles that they become."""
    if both.single.dtype.kind not in "iu":
        return both
    return Both(both.single, both.single.astype(np.float32).astype(np.float64))


def _typed(found: Both, dtype: DType, shape: tuple[int, ...]) -> Both:
    """Return a result of an element type; a number that is none decides nothing any more."""
    single = np.broadcast_to(np.asarray(found.single).astype(dtype.numpy), shape)
    if dtype is not DType.F32:
        return Both(single, single)
    return Both(single, np.broadcast_to(np.asarray(found.double, np.float64), shape))


def _twice(op: Op, known: Mapping[Value, Both]) -> tuple[Both, ...]:
    """Return the results in both; what decides is decided by the singles, and so are whole numbers."""
    singles = evaluate_op(op, lambda value: known[value].single)
    if op.decides or all(type_.dtype is not DType.F32 for type_ in op.result_types()):
        return tuple(map(_same, singles))
    doubles = evaluate_op(op, lambda value: known[value].double, in_doubles=True)
    return tuple(map(Both, singles, doubles))


def _scalar(body: Scalar, arguments: Sequence[Both]) -> Both:
    if isinstance(body, Argument):
        return arguments[body.index]
    if not isinstance(body, Apply):
        number = compute_scalar(body, ())
        return Both(number, number)
    parts = [_scalar(part, arguments) for part in body.arguments]
    single: Any = FUNCTIONS[body.function](*(_plain(part.single) for part in parts))
    if IR_FUNCTIONS[body.function].is_predicate:
        return Both(single, single)
    if body.function in DECIDING:
        return Both(single, np.asarray(single, np.float64))
    if body.function == "where":
        parts[0] = Both(parts[0].single, parts[0].single)
    if body.function == "div":
        parts = list(map(_overflowed, parts))
    return Both(single, FUNCTIONS[body.function](*(_plain(part.double) for part in parts)))


def _overflowed(both: Both) -> Both:
    """Return a number whose double is infinite, or none, where its single is: that decides a quotient."""
    return Both(both.single, np.where(np.isfinite(both.single), both.double, both.single))


def _plain(array: Any) -> Any:
    """Return truth values and 32-bit integers as numbers that neither saturate nor overflow."""
    return array.astype(np.int64) if getattr(array, "dtype", np.dtype("f")).kind in "bi" else array
