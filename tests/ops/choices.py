"""TopK: both ends, every axis, ties, infinities, integers, and what is made of its two results."""

import numpy as np

from tests.cases import case, floats
from tests.ops.graphs import graph, node

X = floats(2, 3, 5)
TIES = np.array([[1, 3, 3, 2, 3], [0.0, -0.0, 0.0, -0.0, 0.0], [-1, -2, -1, -3, -1]], np.float32)
ODD = np.array([[np.inf, 1, -np.inf, np.inf, 2]], np.float32)


def top(x, k, name="", opset=20, outputs=2, **attributes):  # type: ignore[no-untyped-def]
    return case(
        "TopK", x, np.array([k]), constant=(1,), opset=opset, outputs=outputs,
        name=name or f"{x.shape} {k} {attributes}", **attributes,
    )  # fmt: skip


CASES = [
    *(
        top(X, k, axis=axis, largest=largest, opset=opset)
        for axis in (0, 1, 2, -1)
        for k in (1, 2)
        for largest in (0, 1)
        for opset in (11, 24)
    ),
    *(top(floats(4, 9), k, name=f"{k} of nine") for k in (1, 3, 9)),
    *(case("TopK", X, opset=7, outputs=2, k=2, axis=axis) for axis in (-1, 1)),
    case("TopK", X, np.array([2]), constant=(1,), opset=10, outputs=2, axis=1),
    *(
        top(values, 4, name=f"{what} {largest}", largest=largest)
        for what, values in (("ties", TIES), ("infinities", ODD))
        for largest in (0, 1)
    ),
    *(
        top(np.array([[5, -7, 5, 0, -7, 2**31 - 1, -(2**31)]], dtype), 5, name=f"{dtype} {largest}", largest=largest)
        for dtype in (np.int32, np.int64)
        for largest in (0, 1)
    ),
    top(floats(1, 100), 1, name="one, without an order", sorted=0),
    graph(
        "the chosen values alone",
        [node("TopK", ["x", "k"], ["v", "i"], axis=0)],
        ["v"],
        constants={"k": np.array([1])},
    ),
    graph(
        "both results of a choice, used",
        [
            node("TopK", ["x", "k"], ["v", "i"]),
            node("Mul", ["v", "v"], ["w"]),
            node("Cast", ["i"], ["f"], to=1),
            node("Add", ["w", "f"], ["y"]),
        ],
        ["y", "i"],
        constants={"k": np.array([2])},
    ),
    graph(
        "the places alone",
        [node("TopK", ["x", "k"], ["v", "i"], axis=0, largest=0)],
        ["i"],
        constants={"k": np.array([2])},
    ),
    graph(
        "a choice among sums",
        [node("MatMul", ["x", "w"], ["h"]), node("TopK", ["h", "k"], ["v", "i"])],
        ["v", "i"],
        constants={"w": floats(3, 8), "k": np.array([3])},
    ),
    graph(
        "a choice that is known",
        [node("TopK", ["c", "k"], ["v", "i"]), node("Cast", ["i"], ["f"], to=1), node("Add", ["x", "f"], ["y"])],
        ["y", "v"],
        constants={"c": floats(2, 3), "k": np.array([3])},
    ),
]  # fmt: skip
