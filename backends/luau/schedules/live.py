"""The inputs of a dense layer that are not zero: found once, for loops that leave out the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from onnx2luau.backends.luau.kernel import Kernel
from onnx2luau.backends.luau.syntax.arithmetic import plus
from onnx2luau.backends.luau.syntax.nodes import Binary, Expression, Index, Name, Number
from onnx2luau.compiler.ir.ops.dense import Dense


@dataclass(frozen=True)
class LiveInputs:
    """Two tables: which inputs, counted from 1, and what they are."""

    indices: Name
    values: Name


def has_finite_constants(op: Dense, f: Kernel) -> bool:
    """Whether zeros may be left out: an infinite weight times a zero would be NaN."""
    weight = f.array(op.weight)
    is_finite = weight is not None and bool(np.isfinite(weight).all())
    return is_finite and (op.bias is None or f.array(op.bias) is not None)


def collect(f: Kernel, x: Name, source: Expression, inputs: int, live: LiveInputs) -> Name:
    """List the inputs that are not zero; return how many."""
    count = f.local("count", Number(0))
    with f.loop("i", 1, inputs) as i:
        value = f.local("v", Index(x, plus(source, i)))
        with f.when(Binary("~=", value, Number(0))):
            f.assign(count, Number(1), "+")
            f.assign(Index(live.indices, count), i)
            f.assign(Index(live.values, count), value)
    return count
