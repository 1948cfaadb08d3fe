"""What an op costs, whichever way it is emitted: multiply-adds and parameters."""

from __future__ import annotations

import math
from collections.abc import Container
from dataclasses import dataclass

from onnx2luau.compiler.ir.ops.conv import Conv
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.ops.matmul import Matmul
from onnx2luau.compiler.ir.values import Op, Value


@dataclass(frozen=True)
class Cost:
    """Counts for one run."""

    multiply_adds: int
    parameters: int


def cost_of(op: Op, constants: Container[Value]) -> Cost:
    """Return the cost of an op; its parameters are its constant operands."""
    parameters = sum(value.type.size for value in set(op.operands) if value in constants)
    return Cost(_multiply_adds(op), parameters)


def _multiply_adds(op: Op) -> int:
    match op:
        case Dense():
            return op.result_type().size * op.weight.shape[1]
        case Conv():
            return op.result_type().size * math.prod(op.weight.shape[1:])
        case Matmul():
            return op.result_type().size * op.a.shape[-1]
        case _:
            return 0
