"""Whether the generated code and ONNX Runtime have to agree on a sample.

Luau's numbers are exact up to 2^53 and generated code stops beyond; ONNX Runtime's process ends where
integers are divided by zero. Neither says anything about a build, so no sample is drawn that leads there.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from onnx2luau.backends.numpy import evaluate_in_doubles, evaluate_op
from onnx2luau.backends.numpy.bodies import WATCH
from onnx2luau.backends.numpy.ops.loop import TooManyRoundsError
from onnx2luau.backends.numpy.scalars import compute_scalar
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.ops.conv import Conv
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.scalars import Apply, Scalar, walk
from onnx2luau.compiler.ir.types import Array, DType
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.ir.weighted import Weighted
from onnx2luau.proof.inner_overflow import InnerOverflow
from onnx2luau.samples.samples import Samples

EXACT = 2.0**53
LARGEST_SUM = 1e32
DIVISIONS = ("int_div", "mod", "fmod")


def can_run(graph: Graph, sample: Samples, *, has_large_floats: bool = False) -> bool:
    """Whether no integer leaves the range of exact doubles, none is divided by zero, and no float overflows.

    Floats are looked at only if the sample `has_large_floats`: sums, and what is inside expressions.
    """
    has_integers = any(value.type.dtype.is_integer for value in graph.values())
    may_not_end = any(node.op.graphs and node.op.decides for node in graph.nodes)
    if not (has_integers or has_large_floats or may_not_end):
        return True
    known: dict[Value, Array] = dict(graph.constants)
    known |= {port.value: sample[port.name] for port in graph.inputs}
    known |= {state.value: graph.constants[state.initial] for state in graph.states}
    guard = _Guard(has_large_floats=has_large_floats)
    token = WATCH.set(guard.check)
    try:
        for node in graph.nodes:
            guard.check(graph, node, known)
            known |= zip(node.results, evaluate_op(node.op, known.__getitem__), strict=True)
    except (_CannotRunError, TooManyRoundsError):
        return False
    finally:
        WATCH.reset(token)
    return True


class _CannotRunError(Exception):
    """A node is given numbers that the generated code and ONNX Runtime need not agree on."""


class _Guard:
    """Looks at every node before it is run, in bodies too."""

    def __init__(self, *, has_large_floats: bool) -> None:
        self._has_large_floats = has_large_floats
        self._overflows: dict[int, InnerOverflow] = {}

    def check(self, graph: Graph, node: Node, known: Mapping[Value, Array]) -> None:
        """Raise _CannotRunError for a node that must not be given what is known."""
        if not _is_exact(node.op, known) or (
            self._has_large_floats and self._may_overflow(graph, node, known)
        ):
            raise _CannotRunError

    def _may_overflow(self, graph: Graph, node: Node, known: Mapping[Value, Array]) -> bool:
        if id(graph) not in self._overflows:
            # Whether a border of zeros is multiplied with infinite weights is nobody's business.
            if _has_unknown_kernel(graph):
                return True
            self._overflows[id(graph)] = InnerOverflow(graph)
        inner = self._overflows[id(graph)]
        if isinstance(node.op, Pointwise) and inner.happens(node.op, node.result, known):
            return True
        return _may_overflow(node.op, known)


def _has_unknown_kernel(graph: Graph) -> bool:
    kernels = (node.op.weight for node in graph.nodes if isinstance(node.op, Conv))
    return any(kernel not in graph.constants for kernel in kernels)


def _is_exact(op: Op, known: Mapping[Value, Array]) -> bool:
    """Whether whole numbers stay within those that doubles hold, and none is divided by zero."""
    if isinstance(op, Pointwise):
        with np.errstate(all="ignore"):
            arrays = [known[value].astype(np.float64) for value in op.inputs]
            is_integer = all(value.type.dtype is not DType.F32 for value in op.inputs)
            if is_integer and any(_divides_by_zero(part, arrays) for part in walk(op.body)):
                return False
            return op.dtype is not DType.I64 or _is_in_range(compute_scalar(op.body, arrays))
    if op.sums is None or op.result_type().dtype is not DType.I64:
        return True
    return _is_in_range(evaluate_in_doubles(op.sums, partial(_sizes, known)))


def _may_overflow(op: Op, known: Mapping[Value, Array]) -> bool:
    """Whether a sum is so large that its order decides whether singles overflow on the way.

    The margin is for scales that were folded into weights: without them, the sum may be as much larger.
    """
    if op.sums is None or op.result_type().dtype is not DType.F32:
        return False
    if isinstance(op, Weighted):
        with np.errstate(all="ignore"):
            known = {**known, op.x: np.asarray(compute_scalar(op.before, [known[op.x]]))}
    return bool((evaluate_in_doubles(op.sums, partial(_sizes, known)) > LARGEST_SUM).any())


def _sizes(known: Mapping[Value, Array], value: Value) -> Array:
    """Return how large a value's finite numbers are."""
    array = np.abs(known[value].astype(np.float64))
    return np.asarray(np.where(np.isfinite(array), array, 0))


def _divides_by_zero(part: Scalar, arrays: list[Array]) -> bool:
    """Also whether the least integer is divided by -1, of which the result is none."""
    if not (isinstance(part, Apply) and part.function in DIVISIONS):
        return False
    divisor = np.asarray(compute_scalar(part.arguments[1], arrays))
    dividend = np.asarray(compute_scalar(part.arguments[0], arrays))
    return bool((divisor == 0).any() or ((divisor == -1) & (dividend <= -(2.0**31))).any())


def _is_in_range(result: Any) -> bool:
    array = np.asarray(result, np.float64)
    return bool((np.abs(array) <= EXACT).all())
