"""Convolution in one, two and three dimensions: padding of every kind, strides, dilations, groups."""

from typing import Any

from tests.cases import case, floats

X = {1: (1, 4, 9), 2: (1, 4, 6, 5), 3: (1, 4, 4, 3, 5)}
SETTINGS: list[dict[str, Any]] = [
    {},
    {"pads": "same"},
    {"pads": "begin"},
    {"pads": "end"},
    {"pads": "wide"},
    {"strides": 2},
    {"strides": 3, "pads": "same"},
    {"dilations": 2, "pads": "wide"},
    {"dilations": 2, "strides": 2, "pads": "wide"},
    {"auto_pad": "VALID"},
    {"auto_pad": "SAME_UPPER"},
    {"auto_pad": "SAME_LOWER"},
    {"auto_pad": "SAME_UPPER", "strides": 2},
    {"auto_pad": "SAME_LOWER", "strides": 2},
]
PADS = {"same": (1, 1), "begin": (2, 0), "end": (0, 1), "wide": (3, 2)}


def spread(settings: dict[str, Any], rank: int) -> dict[str, Any]:
    """Return attributes for `rank` spatial axes, each a little different from the one before."""
    attributes = dict(settings)
    for name in ("strides", "dilations"):
        if name in settings:
            attributes[name] = [settings[name], 1, 2][:rank]
    if "pads" in settings:
        begin, end = PADS[settings["pads"]]
        attributes["pads"] = [begin, 1, begin][:rank] + [end, begin, end][:rank]
    return attributes


def kernel(rank: int, outputs: int = 6, channels: int = 4) -> Any:
    """Return a weight whose extents differ."""
    return floats(outputs, channels, *(3, 2, 2)[:rank], seed=1)


CASES = [
    *(
        case(
            "Conv",
            floats(*X[rank]),
            kernel(rank),
            floats(6, seed=2),
            constant=(1, 2),
            opset=opset,
            name=f"{rank}-D {settings}",
            **spread(settings, rank),
        )
        for rank in (1, 2, 3)
        for settings in SETTINGS
        for opset in ((11,) if rank != 2 else (7, 22))
    ),
    *(
        case(
            "Conv",
            floats(2, *X[rank][1:]),
            kernel(rank, 6, 4 // group),
            constant=(1,),
            group=group,
            name=f"{rank}-D batch 2, {group} groups",
            **spread({"pads": "same", "strides": 2}, rank),
        )
        for rank in (1, 2, 3)
        for group in (1, 2)
    ),
    *(
        case(
            "Conv",
            floats(*X[rank]),
            kernel(rank, 4 * times, 1),
            floats(4 * times, seed=2),
            constant=(1, 2),
            group=4,
            name=f"{rank}-D depthwise x{times}",
            **spread({"pads": "same"}, rank),
        )
        for rank in (1, 2, 3)
        for times in (1, 2)
    ),
    *(
        case(
            "Conv",
            floats(*X[rank]),
            kernel(rank),
            floats(6, seed=2),
            constant=constant,
            name=f"{rank}-D constant {constant}",
            **spread({"pads": "same"}, rank),
        )
        for rank in (1, 2, 3)
        for constant in ((), (0,), (1,), (2,), (0, 1))
    ),
    *(
        case(
            "Conv",
            floats(1, 3, 5, 5),
            floats(2, 3, 1, 1),
            constant=(1,),
            strides=[s, s],
            name=f"1x1 stride {s}",
        )
        for s in (1, 2)
    ),
    case(
        "Conv",
        floats(1, 1, 1, 1),
        floats(3, 1, 3, 3),
        constant=(1,),
        pads=[1, 1, 1, 1],
        name="a single pixel",
    ),
    case(
        "Conv",
        floats(1, 2, 3, 3),
        floats(1, 2, 3, 3),
        constant=(1,),
        kernel_shape=[3, 3],
        name="a single window",
    ),
    case(
        "Conv",
        floats(1, 16, 8, 8),
        floats(20, 16, 3, 3),
        floats(20),
        constant=(1, 2),
        auto_pad="SAME_UPPER",
        name="16 to 20 channels",
    ),
    case(
        "Conv",
        floats(1, 1, 2, 2),
        floats(1, 1, 1, 1),
        constant=(1,),
        pads=[3, 3, 3, 3],
        name="windows in the padding only",
    ),
]
