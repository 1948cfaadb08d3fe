"""Arithmetic: every direction of broadcasting, old opsets, constants on either side, elementary functions."""

import numpy as np

from tests.cases import case, floats, opsets

BINARY = ("Add", "Sub", "Mul", "Div")
SHAPES: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((), ()),
    ((3,), ()),
    ((), (3,)),
    ((2, 3), (3,)),
    ((3,), (2, 3)),
    ((2, 3), (2, 1)),
    ((2, 1), (1, 3)),
    ((2, 3, 4), (3, 1)),
    ((4, 1), (2, 1, 3)),
    ((1, 3, 1, 2), (4, 1, 5, 1)),
    ((2, 1, 3, 1, 2), (1, 2, 1, 2, 1)),
    ((2, 1, 3, 1, 2), (3, 4, 1)),
]
SPECIAL = np.array([0.0, -0.0, 1.5, -2.5, np.inf, -np.inf, np.nan, 1e-30, -1e30], np.float32)
POSITIVE = np.abs(floats(2, 5)) + 0.1
WITHIN = np.tanh(floats(2, 5))
ANGLES = floats(3, 4, scale=2.0)
HALVES = np.array(
    [-2.5, -1.5, -0.5, -0.2, 0.0, 0.2, 0.5, 1.5, 2.5, 3.5, 1e6 + 0.5, -8388607.5, 3e9], np.float32
)
UNARY = {
    "Abs": SPECIAL,
    "Neg": SPECIAL,
    "Sqrt": np.array([0.0, -0.0, 2.0, 1e-30, 1e30, -1.0, np.inf, np.nan], np.float32),
    "Exp": np.array([0.0, 1.0, -1.0, 88.0, -104.0, -1000.0, np.inf, -np.inf, np.nan], np.float32),
    "Log": np.array([0.0, 1.0, 1e-30, 1e30, -1.0, np.inf, np.nan], np.float32),
    "Reciprocal": np.array([0.0, -0.0, 2.0, -4.0, np.inf, -np.inf, np.nan], np.float32),
    "Sin": ANGLES,
    "Cos": ANGLES,
    "Tan": ANGLES,
    "Asin": WITHIN,
    "Acos": WITHIN,
    "Atan": floats(2, 5, scale=10.0),
    "Sinh": ANGLES,
    "Cosh": ANGLES,
    "Erf": np.concatenate(
        [floats(20, scale=2.0), np.array([0, 2.5, 6, 10, np.inf, -np.inf, np.nan], np.float32)]
    ),
    "Floor": HALVES,
    "Ceil": HALVES,
    "Round": HALVES,
    "Sign": SPECIAL,
}
VARIADIC = [(), (3,), (2, 1), (2, 3)]
MANY = [floats(2, 3, seed=seed) for seed in range(90)]
NANS = np.array([np.nan, 1.0, np.nan, -np.inf, np.inf, 0.0], np.float32)
OTHERS = np.array([1.0, np.nan, np.nan, np.nan, -1.0, -0.0], np.float32)
MODULI = np.array(
    [
        0.0,
        -0.0,
        1,
        -1,
        5,
        -5,
        0.3,
        -0.3,
        2.5,
        -2.5,
        7.5e20,
        -7.5e20,
        3e38,
        1e-45,
        -1e-45,
        np.inf,
        -np.inf,
        np.nan,
    ],
    np.float32,
)
"""Numbers and divisors for which a quotient is not whole, huge, infinite or undefined."""

CASES = [
    *(
        case(operator, floats(*left), floats(*right, seed=1) + 3, name=f"{left} {right}")
        for operator in BINARY
        for left, right in SHAPES
    ),
    *(
        case(
            operator, floats(2, 3), floats(3, seed=1) + 3, opset=opset, constant=constant, name=f"{constant}"
        )
        for operator in BINARY
        for opset in opsets(operator)
        for constant in ((), (0,), (1,))
    ),
    *(case(operator, SPECIAL, SPECIAL[::-1].copy(), name="special numbers") for operator in BINARY),
    *(case(operator, x, opset=opset) for operator, x in UNARY.items() for opset in opsets(operator)),
    *(
        case(
            operator,
            *(
                floats(*shape, seed=seed)
                for seed, shape in enumerate(VARIADIC[-count:] if opset > 7 else [(2, 3)] * count)
            ),
            opset=opset,
            name=f"{count}",
        )
        for operator in ("Min", "Max", "Sum", "Mean")
        for opset in opsets(operator)
        for count in (1, 2, 3, 4)
    ),
    *(case(operator, *MANY, name="of 90") for operator in ("Min", "Max", "Sum", "Mean")),
    *(
        case(operator, *given, name=f"NaN {order}")
        for operator in ("Min", "Max")
        for order, given in enumerate([(NANS, OTHERS), (OTHERS, NANS), (NANS, OTHERS, NANS)])
    ),
    *(
        case(operator, NANS, np.float32(0.5), constant=(1,), name="NaN and a number")
        for operator in ("Min", "Max")
    ),
    *(
        case(operator, np.float32(0.5), NANS, constant=(0,), name="a number and NaN")
        for operator in ("Min", "Max")
    ),
    *(
        case("Pow", POSITIVE, np.float32(exponent), constant=(1,), opset=opset, name=f"{exponent}")
        for exponent in (0.0, 0.5, 1.0, 2.0, 3.0, -1.0, 2.7)
        for opset in opsets("Pow")
    ),
    case("Pow", floats(2, 3), np.array([2.0, 3.0, -1.0], np.float32), name="negative bases"),
    case("Pow", np.float32(2.0), floats(2, 3), constant=(0,), name="of a number"),
    case(
        "Pow", floats(3), np.full((2, 1), 2.0, np.float32), constant=(1,), name="an exponent of higher rank"
    ),
    case(
        "Pow", floats(3), np.full((1, 1), 2.0, np.float32), constant=(1,), name="one exponent of higher rank"
    ),
    case("Pow", SPECIAL[:8], np.float32(2.0), constant=(1,), name="special squares"),
    case("Pow", POSITIVE, np.array([0, 1, 2, -3, 4], np.int32), opset=15, name="i32 exponents"),
    case("Pow", POSITIVE, np.int64(2), constant=(1,), opset=15, name="i64 constant"),
    *(
        case(
            "Mod",
            np.array([5.5, -5.5, 5.5, -5.5, 0.0, 7.0], np.float32),
            np.array([2.0, 2.0, -2.0, -2.0, 3.0, np.inf], np.float32),
            fmod=1,
            opset=opset,
        )
        for opset in (10, 13)
    ),
    *(
        case("Mod", MODULI[:, None], MODULI, fmod=fmod, opset=opset, name=f"the grid fmod={fmod}")
        for fmod, opset in ((1, 13), (0, 28), (1, 28))
    ),
    case("Add", floats(2, 3), np.float32(0.0), constant=(1,), name="zero"),
    case("Mul", SPECIAL, np.float32(-0.0), constant=(1,), name="minus zero"),
    case("Div", SPECIAL, np.float32(-0.0), constant=(1,), name="by minus zero"),
]
