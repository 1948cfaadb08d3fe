"""Pooling in one, two and three dimensions: padding of every kind, rounding up, dilations, what counts in a mean."""

from typing import Any

import numpy as np

from tests.cases import case, floats
from tests.ops.windows import SETTINGS, spread

X = {1: (1, 2, 9), 2: (1, 2, 6, 5), 3: (1, 2, 5, 6, 7)}
KERNEL = (4, 3, 3)
MILD: list[dict[str, Any]] = [
    settings for settings in SETTINGS if settings.get("pads") != "wide" and "dilations" not in settings
]
MAX_OPSETS, MEAN_OPSETS = (7, 8, 10, 11, 12, 22), (7, 10, 11, 19, 22)

CASES = [
    *(
        case(
            "MaxPool",
            floats(*X[rank]),
            opset=12,
            kernel_shape=KERNEL[:rank],
            name=f"{rank}-D {settings}",
            **spread(settings, rank),
        )
        for rank in (1, 2, 3)
        for settings in MILD
    ),
    *(
        case(
            "AveragePool",
            floats(*X[rank]),
            opset=opset,
            kernel_shape=KERNEL[:rank],
            count_include_pad=counted,
            name=f"{rank}-D {settings} {counted}",
            **spread(settings, rank),
        )
        for rank in (1, 2, 3)
        for settings in MILD
        for opset, counted in ((7, 0), (19, 1))
    ),
    *(
        case("MaxPool", floats(*X[2]), opset=opset, kernel_shape=[2, 3], strides=[2, 2])
        for opset in MAX_OPSETS
    ),
    *(
        case("AveragePool", floats(*X[2]), opset=opset, kernel_shape=[2, 3], strides=[2, 2])
        for opset in MEAN_OPSETS
    ),
    *(
        case(
            "MaxPool",
            floats(*X[rank]),
            opset=opset,
            kernel_shape=KERNEL[:rank],
            ceil_mode=1,
            name=f"{rank}-D ceil {settings}",
            **spread(settings, rank),
        )
        for rank in (1, 2, 3)
        for settings in MILD
        if "auto_pad" not in settings
        for opset in (10, 22)
    ),
    *(
        case(
            "AveragePool",
            floats(*X[rank]),
            opset=opset,
            kernel_shape=KERNEL[:rank],
            ceil_mode=1,
            count_include_pad=counted,
            name=f"{rank}-D ceil {settings} {counted}",
            **spread(settings, rank),
        )
        for rank in (1, 2, 3)
        for settings in MILD
        if "auto_pad" not in settings
        for opset, counted in ((10, 0), (10, 1), (19, 1), (22, 0))
    ),
    *(
        case(
            "MaxPool",
            floats(*X[rank]),
            kernel_shape=(2, 2, 2)[:rank],
            dilations=(2, 3, 2)[:rank],
            ceil_mode=ceil,
            opset=opset,
            name=f"{rank}-D dilated ceil {ceil} stride {stride}",
            strides=(stride,) * rank,
            pads=(1,) * 2 * rank,
        )
        for rank in (1, 2, 3)
        for ceil in (0, 1)
        for stride in (1, 2)
        for opset in (10, 22)
    ),
    *(
        case(
            "AveragePool",
            floats(*X[rank]),
            kernel_shape=(2, 2, 2)[:rank],
            dilations=(2, 3, 2)[:rank],
            ceil_mode=ceil,
            opset=opset,
            count_include_pad=counted,
            name=f"{rank}-D dilated ceil {ceil} stride {stride} {counted}",
            strides=(stride,) * rank,
            pads=(1,) * 2 * rank,
        )
        for rank in (1, 2, 3)
        for ceil in (0, 1)
        for stride in (1, 2)
        for counted in (0, 1)
        for opset in (19, 22)
    ),
    *(
        case(
            operator,
            floats(2, 3, *X[rank][2:]),
            kernel_shape=KERNEL[:rank],
            name=f"{rank}-D batch 2",
            **spread({"pads": "same", "strides": 2}, rank),
        )
        for operator in ("MaxPool", "AveragePool")
        for rank in (1, 2, 3)
    ),
    *(
        case(operator, floats(2, 3, *extents), opset=opset, name=f"{extents}")
        for operator in ("GlobalAveragePool", "GlobalMaxPool")
        for extents in ((), (5,), (4, 3), (2, 3, 4))
        for opset in (7, 22)
        if extents
    ),
    case(
        "MaxPool",
        np.full((1, 1, 4), -1e30, np.float32),
        kernel_shape=[3],
        pads=[1, 1],
        name="very small numbers",
    ),
    case(
        "MaxPool",
        np.array(
            [[[[np.nan, np.nan, 1, 2, np.inf, 1], [np.nan, np.nan, 3, np.nan, 0, -np.inf]]]], np.float32
        ),
        kernel_shape=[2, 2],
        strides=[2, 2],
        name="infinite and undefined numbers",
    ),
    case(
        "MaxPool",
        -np.abs(floats(1, 1, 4, 4)),
        kernel_shape=[2, 2],
        pads=[1, 1, 1, 1],
        name="negative numbers in a border",
    ),
    *(
        case(
            "MaxPool",
            floats(2, 3, *X[rank][2:]),
            kernel_shape=KERNEL[:rank],
            outputs=2,
            opset=opset,
            storage_order=order,
            name=f"{rank}-D places {settings} {order}",
            **spread(settings, rank),
        )
        for rank in (1, 2, 3)
        for settings in MILD
        for opset in (8, 22)
        for order in (0, 1)
    ),
    case(
        "MaxPool",
        floats(1, 2, 8),
        kernel_shape=[2],
        dilations=[3],
        strides=[2],
        outputs=2,
        name="dilated places",
    ),
    case(
        "MaxPool",
        np.array([[[[1, 1, 0], [1, 1, 0], [0, 0, 0]]]], np.float32),
        kernel_shape=[2, 2],
        outputs=2,
        name="places of ties",
    ),
    *(
        case(
            "MaxPool",
            floats(1, 1, 2),
            kernel_shape=[2],
            dilations=[3],
            pads=[1, 1],
            outputs=2,
            storage_order=order,
            name=f"no place {order}",
        )
        for order in (0, 1)
    ),
]
