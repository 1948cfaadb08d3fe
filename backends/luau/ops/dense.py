"""Dense in Luau: by whichever schedule costs least."""

from __future__ import annotations

from onnx2luau.backends.luau.emit.dispatch import emit
from onnx2luau.backends.luau.emit.kernel import Kernel
from onnx2luau.backends.luau.schedules import emit_cheapest
from onnx2luau.compiler.ir.ops.dense import Dense


@emit.register
def _(op: Dense, f: Kernel) -> None:
    emit_cheapest("dense", op, f)
