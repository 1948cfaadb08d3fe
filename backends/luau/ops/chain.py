"""Tiny dense layers in a row in Luau: straight lines from the first inputs to the last results.

Golden kernels: chain.
"""

from __future__ import annotations

from onnx2luau.backends.luau.chain import SCHEDULE, Chain
from onnx2luau.backends.luau.emit.dispatch import emit
from onnx2luau.backends.luau.emit.kernel import Kernel
from onnx2luau.backends.luau.schedules.straight import add_lines, finish_lines, lanes_of, read_inputs
from onnx2luau.backends.luau.syntax.nodes import Name


@emit.register
def _(op: Chain, f: Kernel) -> None:
    values = read_inputs(f, op.layers[0].x)
    sums: list[Name] = []
    for layer, made in zip(op.layers, op.values, strict=True):
        outputs, inputs = layer.weight.shape
        f.comment(f"{inputs} to {outputs}: a vector holds three outputs.")
        sums = add_lines(layer, f, values, f.density_of(made))
        values = lanes_of(sums, outputs)
    finish_lines(op.layers[-1], f, sums)
    f.schedule = SCHEDULE
