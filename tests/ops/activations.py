"""Activations: every attribute, large numbers that must not overflow, NaN and infinity as ONNX Runtime has them."""

import numpy as np

from tests.cases import case, floats, opsets

WIDE = np.array([0.0, -0.0, 1e-6, -1e-6, 20.0, -20.0, 100.0, -100.0, 1000.0, -1000.0], np.float32)
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

CASES = [
    *(case(operator, X, opset=opset) for operator in PLAIN for opset in opsets(operator)),
    *(case(operator, WIDE, name="large numbers") for operator in PLAIN),
    *(case(operator, STRANGE, name="NaN and infinity") for operator in PLAIN),
    *(case(operator, X, **attributes) for operator, attributes in ATTRIBUTES),
    *(
        case("Gelu", x, approximate="tanh", name=name)
        for name, x in (("tanh", X), ("tanh of large numbers", WIDE))
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
