"""Dense layers: in every way, over tokens, two in a row, and with their input added to their sums."""

from __future__ import annotations

from onnx import helper

from tests.cases import Array, Case, floats
from tests.one_layer import ROW, TOKENS, Kernels, every_way, followed, kernel


def dense(x: Array, outputs: int = 5) -> Case:
    """Return a dense layer with a bias and a ReLU."""
    inputs = x.shape[-1]
    product = kernel("MatMul", x, floats(inputs, outputs, seed=1))
    nodes = [helper.make_node("Add", ["y0", "b"], ["s"]), helper.make_node("Relu", ["s"], ["r"])]
    return followed(product, *nodes, b=floats(outputs, seed=2))


def brain() -> Case:
    """Return two tiny dense layers."""
    last = helper.make_node("MatMul", ["r", "w"], ["y"], name="last")
    return followed(dense(ROW), last, w=floats(5, 2, seed=3))


KERNELS: Kernels = {
    **every_way("dense", dense(ROW)),
    **{
        f"dense_{name}_tokens": (dense(TOKENS), name)
        for name in ("registers", "rows", "tiles", "vector_rows")
    },
    "chain": (brain(), ""),
}
