"""What an op costs, whichever way it is emitted: multiply-adds and parameters."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.values import Value


@dataclass(frozen=True)
class Cost:
    """Counts for one run."""

    multiply_adds: int
    parameters: int


def cost_of(op: Op, constants: Container[Value]) -> Cost:
    """Return the cost of an op; its parameters are its constant operands."""
    parameters = sum(value.type.size for value in set(op.operands) if value in constants)
    parameters += sum(array.size for graph in op.graphs for array in graph.constants.values())
    return Cost(op.multiply_adds, parameters)
