"""Softmax and LogSoftmax, of the new form and of the one before opset 13 that flattens."""

from tests.cases import case, floats

CASES = [
    case(operator, floats(*shape, scale=scale), axis=axis, opset=opset, name=f"{shape} axis {axis} x{scale}")
    for operator in ("Softmax", "LogSoftmax")
    for shape, axis, scale in (
        ((1, 10), 1, 1.0),
        ((1, 10), -1, 40.0),
        ((2, 3, 4), 1, 1.0),
        ((2, 3, 4), 0, 1.0),
        ((5,), 0, 1.0),
    )
    for opset in (11, 13, 20)
]
