"""Pad in every mode and form: attributes before opset 11, inputs since, axes since 18, wrapping since 19."""

import numpy as np

from tests.cases import case, floats

X = floats(2, 3, 4)
WIDTHS = {
    "last axis": [0, 0, 1, 0, 0, 2],
    "all axes": [1, 2, 3, 1, 1, 2],
    "none": [0] * 6,
    "begin only": [1, 0, 0, 0, 0, 0],
}
CUTS = {
    "cut": [0, -1, -1, 0, -1, -2],
    "cut and pad": [0, -1, 2, 1, 1, -2],
    "cut and pad an axis": [0, 0, -1, 0, 0, 2],
    "cut an axis": [0, 0, -2, 0, 0, -1],
}
MODES = ("constant", "reflect", "edge")


def ints(numbers: list[int]) -> np.ndarray:
    """Return an operand of whole numbers."""
    return np.array(numbers, np.int64)


CASES = [
    *(
        case("Pad", X, opset=opset, pads=pads, mode=mode, name=f"{mode} {name}")
        for opset in (7, 10)
        for mode in MODES
        for name, pads in WIDTHS.items()
        if mode != "reflect" or max(pads[:1] + pads[3:4]) <= 1
    ),
    case("Pad", X, opset=7, pads=WIDTHS["all axes"], value=2.5),
    case("Pad", X, opset=7, pads=CUTS["cut and pad"], value=-1.0),
    *(
        case("Pad", X, ints(pads), constant=(1,), opset=opset, mode=mode, name=f"{mode} {name}")
        for opset in (11, 13, 18, 19, 25)
        for mode in (*MODES, *(("wrap",) if opset >= 19 else ()))
        for name, pads in WIDTHS.items()
    ),
    *(
        case("Pad", X, ints(pads), constant=(1,), opset=opset, mode=mode, name=f"{mode} {name}")
        for opset in (13, 19)
        for mode in MODES
        for name, pads in CUTS.items()
        if (mode, name) != ("reflect", "cut and pad")
    ),
    *(
        case(
            "Pad",
            X,
            ints([1, 2, 0, 1]),
            np.float32(7.5),
            ints(axes),
            constant=(1, 2, 3),
            opset=opset,
            name=f"axes {axes}",
        )
        for opset in (18, 19)
        for axes in ([0, 2], [-1, 0], [2, -2])
    ),
    case(
        "Pad",
        X,
        ints([1, 2]),
        None,
        ints([-1]),
        constant=(1, 3),
        opset=19,
        mode="reflect",
        name="axes without a value",
    ),
    case(
        "Pad",
        X,
        ints(WIDTHS["all axes"]),
        np.float32(-np.inf),
        constant=(1, 2),
        opset=13,
        name="infinite value",
    ),
    *(
        case(
            "Pad",
            np.arange(4, dtype=dtype).reshape(2, 2),
            ints([1, 0, 0, 2]),
            np.array(9, dtype),
            constant=(1, 2),
            opset=13,
            name=f"{np.dtype(dtype)}",
        )
        for dtype in (np.int32, np.int64)
    ),
    case(
        "Pad", np.array([True, False]), ints([1, 2]), np.bool_(True), constant=(1, 2), opset=13, name="bool"
    ),
    *(
        case("Pad", floats(4), ints([3, 2]), constant=(1,), opset=19, mode=mode, name=f"{mode} rank 1")
        for mode in (*MODES, "wrap")
    ),
    *(
        case(
            "Pad",
            floats(1, 2, 1, 3, 2),
            ints([0, 1, 0, 2, 0, 0, 0, 1, 1, 1]),
            constant=(1,),
            opset=19,
            mode=mode,
            name=f"{mode} rank 5",
        )
        for mode in ("constant", "edge")
    ),
    *(
        case(
            "Pad",
            floats(2, 3, 2, 2, 3, 2),
            ints([1, 2, 0, 1, 1, 1, 1, 1, 1, 0, 2, 1]),
            constant=(1,),
            opset=19,
            mode=mode,
            name=f"{mode} rank 6",
        )
        for mode in ("edge", "reflect", "wrap")
    ),
]
