"""The sign of zero: an operator gives 0 or -0, and a reciprocal after it shows which."""

from collections.abc import Iterator

import numpy as np

from tests.cases import Case
from tests.ops.graphs import graph, node

ZEROS = np.array([0.0, -0.0, 0.5, -0.5], np.float32)
KEEP_OR_DROP_SIGNS = {
    **dict.fromkeys("Neg Abs Floor Ceil Round Sign Sqrt Relu Sin Tan Asin Atan Sinh Tanh Erf".split(), ()),
    **dict.fromkeys("Elu Selu LeakyRelu Celu Softsign HardSwish Identity".split(), ()),
    **dict.fromkeys(("Add", "Sub", "Mul", "Div", "Pow", "PRelu"), (0.0, -0.0, 0.5, 1.0, 2.0, 3.0)),
}
"""Operators, and second operands for them. Of Max and Min, ONNX Runtime's results depend on the place."""


def signs_of_zeros() -> Iterator[Case]:
    for operator, constants in KEEP_OR_DROP_SIGNS.items():
        for constant in constants or (None,):
            operands = ["x"] if constant is None else ["x", "c"]
            yield graph(
                f"1 / {operator} {constant} of zeros",
                [node(operator, operands, ["t"]), node("Reciprocal", ["t"], ["y"])],
                ["y"],
                {"x": ZEROS},
                {} if constant is None else {"c": np.float32(constant)},
            )


CASES = [*signs_of_zeros()]
