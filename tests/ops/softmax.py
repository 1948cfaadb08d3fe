"""Softmax and LogSoftmax, of the new form and of the one before opset 13 that flattens."""

import numpy as np

from tests.cases import Array, case, floats

LARGE = np.array([[1000.0, -1000.0, 100.0, -100.0, 999.0]], np.float32)
MASKED = np.array(
    [[1.0, -np.inf, 0.5, -np.inf], [-np.inf] * 4, [np.nan, 1.0, 2.0, 3.0], [-1e30, 0.0, 1.0, 2.0]]
)
# Lines with everything that must go through a maximum and a sum; a row of -inf is all NaN.
ROW = np.array(
    [1e4, -1e4, 80, -80, 20, -20, 1e-45, -1e-40, 0.0, -0.0, 1.0, -1.0, 0.5, 1e-4, 3.0, 2.0], np.float32
)


def rows(count: int) -> Array:
    """Return rows of so many numbers: extremes, -inf and NaN in every third of the row, inf, -inf alone."""
    finite = np.resize(ROW, count)
    special = [
        np.where(np.arange(count) == place, np.float32(value), np.float32(1))
        for value in (np.nan, np.inf, -np.inf)
        for place in sorted({0, count // 2, count - 1})
    ]
    return np.stack([finite, finite[::-1], *special, np.full(count, -np.inf, np.float32)])


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
    *(
        case(operator, np.array([row] * 2, np.float32), name=f"{name} {len(row)}")
        for operator in ("Softmax", "LogSoftmax")
        for count in (4, 20)
        for name, row in (
            ("equal and huge", [-3.4e38] * count),
            ("equal and huge, positive", [3.4e38] * count),
            ("equal and large", [1e8] * count),
        )
    ),
    *(case(operator, MASKED.astype(np.float32), name="masked") for operator in ("Softmax", "LogSoftmax")),
    *(case(operator, floats(4, 1), axis=1, name="a single class") for operator in ("Softmax", "LogSoftmax")),
    *(
        case(
            operator,
            rows(extent).T if axis == 0 else rows(extent),
            axis=axis,
            name=f"rows of {extent} axis {axis}",
        )
        for operator in ("Softmax", "LogSoftmax")
        for extent in (1, 2, 3, 16, 17, 40)
        for axis in (0, 1)
    ),
    *(
        case(operator, floats(2, extent, 3, scale=5.0), axis=1, name=f"{extent} between others")
        for operator in ("Softmax", "LogSoftmax")
        for extent in (1, 2, 9, 16, 17)
    ),
]
