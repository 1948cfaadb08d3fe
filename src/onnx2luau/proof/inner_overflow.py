"""Whether a number overflows single precision inside an expression, where generated code need not follow.

Luau's doubles go on where singles are infinite. Results that are stored and operands of divisions overflow as
singles do; what is in between does not, and README's limits say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from onnx2luau.backends.numpy.scalars import FUNCTIONS
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.scalars import Argument, Number, Scalar
from onnx2luau.compiler.ir.types import Array, DType
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.passes.overflow_as_singles import leaving_values, limited
from onnx2luau.compiler.passes.ranges import ANY, OVERFLOW

LIMITS = ("overflow_f32", "to_f32")


class InnerOverflow:
    """What is asked about the expressions of one graph."""

    def __init__(self, graph: Graph) -> None:
        self._leaving = leaving_values(graph)

    def happens(self, op: Pointwise, result: Value, known: Mapping[Value, Array]) -> bool:
        """Whether it does in one expression, on known operands."""
        if op.dtype is not DType.F32:
            return False
        # Asked of the expression as the model has it: what ought to be limited may have been forgotten.
        body = limited(op.body, [ANY] * len(op.inputs), leaves=result in self._leaving)
        search = _Search([known[value].astype(np.float64) for value in op.inputs])
        with np.errstate(all="ignore"):
            search.compute(body, is_limited=False)
        return search.found


class _Search:
    """One evaluation in doubles that looks at every number on the way."""

    def __init__(self, arguments: list[Array]) -> None:
        self.found = False
        self._arguments = arguments

    def compute(self, body: Scalar, *, is_limited: bool) -> Any:
        match body:
            case Argument(index):
                return self._arguments[index]
            case Number(value):
                return np.float64(value)
        inner = [self.compute(part, is_limited=body.function in LIMITS) for part in body.arguments]
        result = FUNCTIONS[body.function](*inner)
        if not is_limited and body.function not in LIMITS:
            sizes = np.abs(np.asarray(result, np.float64))
            self.found |= bool(((sizes >= OVERFLOW) & np.isfinite(sizes)).any())
        return result
