"""Activations: every attribute, large numbers that must not overflow, NaN and infinity as ONNX Runtime has them."""

import math

import numpy as np
from onnx import helper

from tests.cases import Array, Case, case, floats, make_model, opsets

WIDE = np.array([0.0, -0.0, 1e-6, -1e-6, 20.0, -20.0, 100.0, -100.0, 1000.0, -1000.0], np.float32)
EXTREMES = np.array(
    [
        *(
            sign * x
            for x in (0, 1e-45, 1e-40, 1e-20, 1e-4, 4.2, 5.9, 20, 39, 41, 80, 90, 1e4, 1e30)
            for sign in (1, -1)
        )
    ],
    np.float32,
)
EVERYWHERE = np.linspace(-8, 8, 321, dtype=np.float32)
STRANGE = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0], np.float32)
PLAIN = (
    "Relu",
    "LeakyRelu",
    "Elu",
    "Celu",
    "Selu",
    "Sigmoid",
    "HardSigmoid",
    "HardSwish",
    "Tanh",
    "Softplus",
    "Softsign",
    "Mish",
    "ThresholdedRelu",
    "Gelu",
)
ATTRIBUTES: list[tuple[str, dict[str, float]]] = [
    ("LeakyRelu", {"alpha": 0.3}),
    ("LeakyRelu", {"alpha": -0.5}),
    ("LeakyRelu", {"alpha": 1.5}),
    ("LeakyRelu", {"alpha": 0.0}),
    ("Elu", {"alpha": 0.3}),
    ("Elu", {"alpha": 2.0}),
    ("Celu", {"alpha": 0.5}),
    ("Selu", {"alpha": 1.2, "gamma": 2.0}),
    ("HardSigmoid", {"alpha": 0.5, "beta": 0.1}),
    ("HardSigmoid", {"alpha": -0.5}),
    ("ThresholdedRelu", {"alpha": 0.2}),
    ("ThresholdedRelu", {"alpha": -1.0}),
]
X = floats(3, 5, scale=3.0)
# Activations as exporters write them out. A node is an operator, what it reads and what it makes.
WRITTEN_OUT: dict[str, list[tuple[str, str, str]]] = {
    "Swish": [("Sigmoid", "x", "s"), ("Mul", "s x", "y")],
    "Swish with a factor": [("Mul", "factor x", "u"), ("Sigmoid", "u", "s"), ("Mul", "x s", "y")],
    "Mish": [("Softplus", "x", "p"), ("Tanh", "p", "t"), ("Mul", "x t", "y")],
    "a Sigmoid read twice": [
        ("Sigmoid", "x", "s"),
        ("Mul", "x s", "m"),
        ("Sub", "one s", "d"),
        ("Mul", "m d", "y"),
    ],
    "Gelu": [
        ("Div", "x root", "u"),
        ("Erf", "u", "e"),
        ("Add", "e one", "a"),
        ("Mul", "x a", "m"),
        ("Mul", "m half", "y"),
    ],
    "Gelu by Tanh": [
        ("Pow", "x three", "p"),
        ("Mul", "p share", "q"),
        ("Add", "x q", "v"),
        ("Mul", "v factor", "u"),
        ("Tanh", "u", "t"),
        ("Add", "one t", "a"),
        ("Mul", "half x", "m"),
        ("Mul", "m a", "y"),
    ],
    "1 + Tanh": [("Tanh", "x", "t"), ("Add", "t one", "y")],
}
NUMBERS = {
    "one": 1.0,
    "half": 0.5,
    "three": 3.0,
    "share": 0.044715,
    "root": math.sqrt(2),
    "factor": math.sqrt(2 / math.pi),
}


def written_out(name: str, x: Array, of: str) -> Case:
    """Return a case of several nodes of x, which read NUMBERS by their names."""
    nodes = [
        helper.make_node(operator, operands.split(), [result], name=f"{operator} {result}")
        for operator, operands, result in WRITTEN_OUT[name]
    ]
    read = {operand for node in nodes for operand in node.input}
    numbers = {key: np.float32(value) for key, value in NUMBERS.items() if key in read}
    return Case(f"{name} written out, of {of}", make_model(nodes, {"x": x}, ["y"], numbers), {"x": x[None]})


CASES = [
    *(case(operator, X, opset=opset) for operator in PLAIN for opset in opsets(operator)),
    *(case(operator, WIDE, name="large numbers") for operator in PLAIN),
    *(case(operator, EXTREMES, name="extremes") for operator in (*PLAIN, "Erf")),
    *(case(operator, EVERYWHERE, name="from -8 to 8") for operator in (*PLAIN, "Erf")),
    *(case(operator, STRANGE, name="NaN and infinity") for operator in (*PLAIN, "Erf")),
    *(
        written_out(name, x, of)
        for name in WRITTEN_OUT
        for x, of in ((EXTREMES, "extremes"), (EVERYWHERE, "-8 to 8"), (STRANGE, "NaN and infinity"))
    ),
    *(case(operator, X, **attributes) for operator, attributes in ATTRIBUTES),
    *(
        case("Gelu", x, approximate="tanh", name=name)
        for name, x in (
            ("tanh", X),
            ("tanh of large numbers", WIDE),
            ("tanh of extremes", EXTREMES),
            ("tanh from -8 to 8", EVERYWHERE),
            ("tanh of NaN and infinity", STRANGE),
        )
    ),
    case("Gelu", floats(1000, scale=2.0), approximate="none", name="exact of 1000"),
    *(case("Relu", floats(*shape), name=f"{shape}") for shape in ((), (1,), (2, 1, 3, 1, 2))),
    *(
        case(
            "PRelu", floats(2, 3, 4), slope, constant=constant, opset=opset, name=f"{slope.shape} {constant}"
        )
        for slope in (floats(), floats(1), floats(4), floats(3, 1), floats(2, 3, 4))
        for constant in ((), (1,))
        for opset in opsets("PRelu")
    ),
    case("PRelu", STRANGE, np.float32([0.1]), constant=(1,), name="NaN and infinity"),
    case("Clip", X, opset=7, min=-1.0, max=2.0),
    case("Clip", X, opset=7, min=-1.0),
    case("Clip", X, opset=7, max=2.0),
    case("Clip", X, opset=7),
    case("Clip", WIDE, opset=10, max=6.0, min=0.0, name="Relu6"),
    *(
        case(
            "Clip", x, low, high, opset=opset, constant=constant, name=f"{low} {high} {constant} of {x.size}"
        )
        for opset in opsets("Clip")[1:]
        for x in (X, STRANGE)
        for low, high in ((np.float32(-1), np.float32(2)), (np.float32(3), np.float32(1)))
        for constant in ((), (1,), (2,), (1, 2))
    ),
    case("Clip", X, name="of nothing"),
    case("Clip", X, np.float32(-1), constant=(1,), name="from below"),
    case("Clip", X, None, np.float32(2), constant=(2,), name="from above"),
    case("Clip", X, None, np.float32(2), name="from above at run time"),
    case("Clip", STRANGE, np.float32(np.nan), np.float32(1), name="a bound of NaN"),
]
