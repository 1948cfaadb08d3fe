"""Infinities and NaN in constants: masks, bounds, borders and starts, which no training has spoilt."""

import numpy as np
from onnx import helper

from tests.cases import Case, case, floats, make_model

INF, NAN, LOWEST = np.float32(np.inf), np.float32(np.nan), np.finfo(np.float32).min
X = floats(3, 4)
MASK = np.array([[1, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1]], bool)
TABLE = np.where(MASK, 0, -INF).astype(np.float32)
INFINITE = np.array([INF, -INF, 0, LOWEST], np.float32)
SPECIAL = np.array([INF, -INF, NAN, 0], np.float32)
node = helper.make_node


def chain(name, *nodes, **constants) -> Case:  # type: ignore[no-untyped-def]
    """Return a case of nodes over x [3, 4]; its output is what the last one makes."""
    model = make_model(list(nodes), {"x": X}, [nodes[-1].output[0]], constants)
    return Case(f"infinities: {name}", model, {"x": X[None]})


CASES = [
    *(case(op, X, INFINITE, constant=(1,), name="infinities") for op in ("Add", "Sub", "Mul", "Div")),
    *(
        case(op, X, SPECIAL, constant=(1,), name="special constants")
        for op in ("Max", "Min", "Greater", "Less")
    ),
    *(case(op, X, TABLE, constant=(1,), name="a table of masks") for op in ("Add", "Max", "Min", "Mul")),
    *(
        case(op, X, value, constant=(1,), name=f"{value}")
        for op in ("Add", "Max", "Min")
        for value in (INF, -INF)
    ),
    *(case(op, X, NAN, constant=(1,), name="NaN") for op in ("Less", "Equal")),
    case("Where", MASK, X, -INF, constant=(0, 2), name="a known mask of -inf"),
    case("Where", MASK, X, -INF, constant=(2,), name="a mask of -inf"),
    case("Where", MASK, TABLE, X, constant=(1,), name="a table of -inf"),
    case("Clip", X, -INF, INF, constant=(1, 2), name="infinite bounds"),
    case("Clip", X, np.float32(0), INF, constant=(1, 2), name="an infinite upper bound"),
    case("Clip", X, -INF, np.float32(0), constant=(1, 2), name="an infinite lower bound"),
    *(
        case("Pad", X, np.array([1, 0, 0, 2]), value, constant=(1, 2), name=f"a border of {value}")
        for value in (INF, -INF)
    ),
    case("Concat", X, TABLE, constant=(1,), axis=0, name="with -inf"),
    case("Concat", X, SPECIAL[None], constant=(1,), axis=0, name="with special constants"),
    case("Softmax", TABLE[::2], constant=(0,), name="known rows of masks"),
    *(
        chain(
            f"{op} of masked rows, axis {axis}",
            node("Add", ["x", "m"], ["s"]),
            node(op, ["s"], ["y"], axis=axis),
            m=TABLE,
        )
        for op in ("Softmax", "LogSoftmax")
        for axis in (0, 1)
    ),
    *(
        chain(
            f"{op} of masked rows",
            node("Where", ["m", "x", "low"], ["s"]),
            node(op, ["s", "a"], ["y"]),
            m=MASK,
            low=low,
            a=np.array([1]),
        )
        for op in ("ReduceMax", "ReduceMin", "ReduceSum", "ReduceMean", "ReduceLogSumExp")
        for low in (-INF, INF)
    ),
    chain(
        "a mask that is made of two",
        node("Add", ["low", "table"], ["m"]),
        node("Add", ["x", "m"], ["s"]),
        node("Softmax", ["s"], ["y"]),
        low=LOWEST,
        table=np.where(MASK, 0, LOWEST).astype(np.float32),
    ),
    chain(
        "masked classes after a layer",
        node("MatMul", ["x", "w"], ["h"]),
        node("Add", ["h", "m"], ["s"]),
        node("Softmax", ["s"], ["y"]),
        w=floats(4, 4, seed=2),
        m=np.array([0, -INF, 0, 0], np.float32),
    ),
    chain("an infinite scale", node("Mul", ["x", "c"], ["a"]), node("Relu", ["a"], ["y"]), c=INF),
    chain(
        "a constant of its own",
        node("Add", ["x", "x"], ["a"]),
        node("Where", ["m", "t", "a"], ["y"]),
        m=MASK,
        t=SPECIAL,
    ),
]
