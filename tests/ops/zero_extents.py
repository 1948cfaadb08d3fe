"""Tensors without elements: what is computed of them, and what is computed beside them."""

import numpy as np
from onnx import helper

from tests.cases import Case, case, floats, make_model

X, IMAGE = floats(2, 3), floats(1, 2, 4, 4)
ZERO = np.array([0])
node = helper.make_node


def emptied(name, x, *nodes, **constants) -> Case:  # type: ignore[no-untyped-def]
    """Return a case of nodes over `e`, which is x without any of its first axis."""
    none = node("Slice", ["x", "zero", "zero"], ["e"])
    model = make_model([none, *nodes], {"x": x}, [nodes[-1].output[0]], {"zero": ZERO, **constants})
    return Case(f"without elements: {name}", model, {"x": x[None]})


CASES = [
    case("MatMul", floats(1, 3), floats(3, 0), constant=(1,), name="no columns"),
    case("Concat", X, floats(0, 3), constant=(1,), axis=0, name="with nothing"),
    case("Concat", floats(0, 3), X, constant=(0,), axis=0, name="nothing first"),
    case("Shape", X, start=2, end=1, name="from behind its end"),
    emptied("a dense layer", X, node("MatMul", ["e", "w"], ["y"]), w=floats(3, 4)),
    emptied(
        "a sum over none",
        X,
        node("Transpose", ["e"], ["t"]),
        node("MatMul", ["t", "w"], ["y"]),
        w=floats(0, 4),
    ),
    emptied("a convolution", IMAGE, node("Conv", ["e", "w"], ["y"]), w=floats(3, 2, 2, 2)),
    emptied("a pool", IMAGE, node("MaxPool", ["e"], ["y"], kernel_shape=[2, 2])),
    emptied("a function", X, node("Relu", ["e"], ["y"])),
    emptied("a joint", X, node("Concat", ["e", "x"], ["y"], axis=0)),
]
