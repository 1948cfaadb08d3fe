"""Comparisons, boolean functions and choice, NaN and infinity among the operands."""

import numpy as np

from tests.cases import case, floats, opsets

A = np.array([1.0, 2.0, np.nan, np.inf, -np.inf, 0.0, np.nan, 0.1], np.float32)
B = np.array([1.0, 3.0, 1.0, np.inf, np.inf, -0.0, np.nan, 0.2], np.float32)
YES = np.array([True, True, False, False])
NO = np.array([True, False, True, False])
COMPARISONS = ("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual")
TENTH = np.float32(0.1)


CASES = [
    *(
        case(operator, A, B, opset=opset)
        for operator in COMPARISONS
        for opset in opsets(operator)
        if operator != "Equal" or opset >= 11
    ),
    *(case(operator, A, TENTH, constant=(1,), name="a number") for operator in COMPARISONS),
    *(case(operator, floats(2, 1, 3), floats(4, 1, seed=1), name="broadcast") for operator in COMPARISONS),
    *(
        case("Equal", x, x[::-1].copy(), opset=opset, name=f"{x.dtype}")
        for x in (YES, np.arange(3, dtype=np.int32), np.arange(3))
        for opset in (7, 11, 13)
    ),
    *(
        case(operator, np.arange(4, dtype=np.int32), np.full(4, 2, np.int32), opset=9)
        for operator in ("Less", "Greater")
    ),
    *(case(operator, YES, NO, opset=opset) for operator in ("And", "Or", "Xor") for opset in (7, 13)),
    *(case(operator, YES[:, None], NO, name="broadcast") for operator in ("And", "Or", "Xor")),
    *(case(operator, YES, np.bool_(True), constant=(1,), name="true") for operator in ("And", "Or", "Xor")),
    *(case("Not", YES, opset=opset) for opset in (7, 13)),
    *(case("IsNaN", A, opset=opset) for opset in opsets("IsNaN")),
    *(case("Where", YES, A[:4], B[:4], opset=opset) for opset in opsets("Where")),
    case("Where", YES, A[:4], B[:4], constant=(0,), name="known condition"),
    case("Where", YES, np.float32(np.pi), np.float32(-1.0), constant=(1, 2), name="numbers"),
    case("Where", YES[:, None], floats(4), floats(2, 1, 1), name="broadcast"),
    case("Where", np.bool_(True), floats(2, 3), floats(3), name="one condition"),
]
