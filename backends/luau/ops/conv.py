"""Conv in Luau: by whichever schedule costs least."""

from __future__ import annotations

from onnx2luau.backends.luau.emit.dispatch import emit
from onnx2luau.backends.luau.emit.kernel import Kernel
from onnx2luau.backends.luau.schedules import emit_cheapest
from onnx2luau.compiler.ir.ops.conv import Conv


@emit.register
def _(op: Conv, f: Kernel) -> None:
    emit_cheapest("conv", op, f)
