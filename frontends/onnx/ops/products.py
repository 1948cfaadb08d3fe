"""Matrix products: Dense where one matrix is constant, Matmul where both are computed."""

from __future__ import annotations

import numpy as np

from onnx2luau.compiler.ir.builder import Builder
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.ops.matmul import Matmul
from onnx2luau.compiler.ir.types import DType
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.registry import onnx_op


@onnx_op("MatMul")
def matmul(b: Builder, a: Value, c: Value) -> Value:
    """A @ B over the last two axes."""
    if a.type.dtype is not DType.F32:
        raise ValueError(f"products of {a.type.dtype} are not supported")
    if a.type.rank == 0 or c.type.rank == 0:
        raise ValueError("a scalar has no matrix product")
    weight = b.constant_of(c)
    if weight is not None and c.type.rank == 2:
        return b.add(Dense(a, b.constant(np.ascontiguousarray(weight.T), c.name)))
    # A vector is a matrix of one row on the left, of one column on the right.
    left = b.reshape(a, (1, *a.shape)) if a.type.rank == 1 else a
    right = b.reshape(c, (*c.shape, 1)) if c.type.rank == 1 else c
    result = b.add(Matmul(left, right))
    shape = list(result.shape)
    if a.type.rank == 1:
        del shape[-2]
    if c.type.rank == 1:
        del shape[-1]
    return b.reshape(result, shape) if len(shape) < result.type.rank else result


@onnx_op("Gemm")
def gemm(
    b: Builder,
    a: Value,
    c: Value,
    bias: Value | None = None,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    transA: bool = False,  # noqa: N803 - the signature is ONNX's
    transB: bool = False,  # noqa: N803
) -> Value:
    """Alpha A @ B + beta C for matrices, each transposed if asked."""
    if a.type.dtype is not DType.F32 or (a.type.rank, c.type.rank) != (2, 2):
        raise ValueError(
            f"products of {a.type} and {c.type} are not supported; only those of f32 matrices are"
        )
    left = b.transpose(a, (1, 0)) if transA else a
    weight = b.constant_of(c)
    if weight is not None:
        rows = weight if transB else weight.T
        scaled = np.ascontiguousarray(rows * np.float32(alpha), rows.dtype)
        result = b.add(Dense(left, b.constant(scaled, c.name)))
    else:
        result = b.add(Matmul(left, b.transpose(c, (1, 0)) if transB else c))
        if alpha != 1.0:
            result = result * alpha
    if bias is None or beta == 0.0:
        return result
    return result + (bias if beta == 1.0 else bias * beta)
