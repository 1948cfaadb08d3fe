"""Softmax and LogSoftmax, of the new form and of the one before opset 13 that flattens."""

import numpy as np

from tests.cases import case, floats

LARGE = np.array([[1000.0, -1000.0, 100.0, -100.0, 999.0]], np.float32)
MASKED = np.array(
    [[1.0, -np.inf, 0.5, -np.inf], [-np.inf] * 4, [np.nan, 1.0, 2.0, 3.0], [-1e30, 0.0, 1.0, 2.0]]
)

CASES = [
    *(
        case(
            operator,
            floats(*shape, scale=scale),
            axis=axis,
            opset=opset,
            name=f"{shape} axis {axis} x{scale}",
        )
        for operator in ("Softmax", "LogSoftmax")
        for shape, axis, scale in (
            ((1, 10), 1, 1.0),
            ((2, 3, 4), 1, 1.0),
            ((2, 3, 4), 0, 1.0),
            ((5,), 0, 1.0),
            ((2, 3, 2, 2), 2, 30.0),
        )
        for opset in (7, 11, 13, 20)
    ),
    *(
        case(operator, floats(2, 3, 4), axis=axis, opset=opset)
        for operator in ("Softmax", "LogSoftmax")
        for axis in (-1, -2, -3)
        for opset in (11, 13)
    ),
    *(
        case(operator, floats(2, 3, 4), opset=opset, name="without axis")
        for operator in ("Softmax", "LogSoftmax")
        for opset in (7, 11, 13)
    ),
    *(
        case(operator, LARGE, opset=opset, name="large numbers")
        for operator in ("Softmax", "LogSoftmax")
        for opset in (7, 13)
    ),
    *(case(operator, MASKED.astype(np.float32), name="masked") for operator in ("Softmax", "LogSoftmax")),
    *(case(operator, floats(4, 1), axis=1, name="a single class") for operator in ("Softmax", "LogSoftmax")),
]
