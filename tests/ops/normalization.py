"""BatchNormalization of every rank and opset, alone."""

import numpy as np

from tests.cases import case, floats

CHANNELS = 3
STATISTICS = (
    floats(CHANNELS, seed=1),
    floats(CHANNELS, seed=2),
    floats(CHANNELS, seed=3),
    np.abs(floats(CHANNELS, seed=4)) + 0.2,
)
SHAPES = ((2, CHANNELS), (2, CHANNELS, 4), (1, CHANNELS, 4, 2), (2, CHANNELS, 2, 1, 3))

CASES = [
    *(
        case(
            "BatchNormalization",
            floats(*shape),
            *STATISTICS,
            constant=(1, 2, 3, 4),
            opset=opset,
            name=f"{shape}",
        )
        for shape in SHAPES
        for opset in (7, 9, 14, 15)
    ),
    *(
        case(
            "BatchNormalization",
            floats(1, CHANNELS, 2, 2),
            *STATISTICS,
            constant=(1, 2, 3, 4),
            opset=opset,
            epsilon=epsilon,
            momentum=0.5,
        )
        for opset in (7, 15)
        for epsilon in (1e-3, 0.5)
    ),
    case("BatchNormalization", floats(1, CHANNELS, 2), *STATISTICS, name="statistics at run time"),
    case(
        "BatchNormalization", floats(1, CHANNELS, 2), *STATISTICS, constant=(3, 4), name="scale at run time"
    ),
    case(
        "BatchNormalization", floats(1, CHANNELS, 2), *STATISTICS, constant=(1, 2, 3, 4), opset=7, spatial=1
    ),
    *(
        case(
            "BatchNormalization",
            floats(*shape),
            *STATISTICS,
            constant=constant,
            opset=15,
            outputs=3,
            training_mode=1,
            momentum=0.75,
            name=f"in training {shape} {constant}",
        )
        for shape in ((4, CHANNELS), (2, CHANNELS, 4), (1, CHANNELS, 4, 2))
        for constant in ((1, 2, 3, 4), ())
    ),
]
