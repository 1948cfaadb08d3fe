"""Operators that move elements or rename their places."""

from itertools import permutations

import numpy as np
from onnx import helper

from tests.cases import Case, case, floats, make_model, opsets

X = floats(2, 3, 4)
SMALLEST, LARGEST = -(2**63), 2**63 - 1


def ints(*numbers: int) -> np.ndarray:
    """Return an operand of whole numbers."""
    return np.array(numbers, np.int64)


RESHAPES: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((2, 3, 4), (4, 6)),
    ((2, 3, 4), (-1,)),
    ((2, 3, 4), (0, -1)),
    ((2, 3, 4), (0, 0, 2, 2)),
    ((2, 3, 4), (-1, 0, 2)),
    ((2, 3, 4), (1, 2, 1, 3, 4, 1)),
    ((1,), ()),
    ((), (1, 1)),
    ((), (-1,)),
]
SLICES: list[tuple[tuple[int, ...], ...]] = [
    ((0, 1), (2, 3)),
    ((1,), (3,), (1,)),
    ((1,), (LARGEST,), (-1,)),
    ((-3,), (-1,), (2,)),
    ((0,), (100,), (2,), (2,)),
    ((3,), (0,), (2,), (-1,)),
    ((-1,), (SMALLEST,), (2,), (-1,)),
    ((LARGEST,), (SMALLEST,), (1,), (-1,)),
    ((100,), (-100,), (2,), (-3,)),
    ((-1, 0), (-5, 2), (2, 0), (-2, 1)),
    ((1, -1), (2, SMALLEST), (0, -1), (1, -1)),
    ((-100,), (2,), (2,), (1,)),
    ((1,), (-1,), (2,), (3,)),
]
OLD_SLICES: list[dict[str, list[int]]] = [
    {"starts": [0, 1], "ends": [2, 3]},
    {"starts": [1], "ends": [LARGEST], "axes": [2]},
    {"starts": [-3, 0], "ends": [-1, 1], "axes": [2, 0]},
]
BOUNDS = (-(2**63), -9, -4, -1, 0, 3, 4, 9, 2**31 - 1, 2**63 - 1)


def slices(step: int) -> Case:
    """Return slices of four elements from every bound to every bound."""
    pairs = [(start, end) for start in BOUNDS for end in BOUNDS]
    constants = {f"bound{bound}": np.array([bound], np.int64) for bound in BOUNDS}
    constants |= {"axis": np.array([0], np.int64), "step": np.array([step], np.int64)}
    outputs = [f"from {start} to {end}" for start, end in pairs]
    nodes = [
        helper.make_node("Slice", ["x", f"bound{start}", f"bound{end}", "axis", "step"], [output])
        for (start, end), output in zip(pairs, outputs, strict=True)
    ]
    x = np.arange(4, dtype=np.float32)
    return Case(f"slices by {step}", make_model(nodes, {"x": x}, outputs, constants), {"x": x[None]})


CASES = [
    case(
        "Squeeze",
        np.zeros((1, 3, 1, 2), np.float32),
        np.zeros(0, np.int64),
        constant=(1,),
        name="no axes are all",
    ),
    *(
        case("Reshape", floats(*shape), ints(*wanted), constant=(1,), opset=opset, name=f"{shape} {wanted}")
        for shape, wanted in RESHAPES
        for opset in (7, 13)
    ),
    *(case("Reshape", X, ints(6, 4), constant=(1,), opset=opset) for opset in opsets("Reshape")),
    case("Reshape", X, ints(2, 3, 4), constant=(1,), opset=14, allowzero=1),
    *(
        case("Flatten", floats(*shape), axis=axis, opset=opset, name=f"{shape} axis {axis}")
        for shape in ((2, 3, 4), (5,), (2, 1, 3, 2))
        for opset in (7, 9, 13, 21)
        for axis in range(-len(shape) if opset > 9 else 0, len(shape) + 1)
    ),
    case("Flatten", floats(), axis=0, name="a number"),
    case("Flatten", X, name="default"),
    *(case("Transpose", floats(*range(1, rank + 1)), opset=7, name=f"rank {rank}") for rank in range(6)),
    *(
        case("Transpose", floats(*range(2, rank + 2)), perm=order)
        for rank in (2, 3, 4)
        for order in permutations(range(rank))
    ),
    *(
        case("Transpose", floats(2, 3, 1, 2, 4), perm=order)
        for order in ((4, 2, 0, 3, 1), (0, 2, 3, 4, 1), (2, 0, 1, 3, 4))
    ),
    *(case("Transpose", X, perm=(2, 0, 1), opset=opset) for opset in opsets("Transpose")),
    *(
        case("Squeeze", floats(1, 3, 1, 2), opset=opset, **({"axes": axes} if axes is not None else {}))
        for opset in (7, 11)
        for axes in (None, [0], [0, 2], [2], *([[-2]] if opset == 11 else []))
    ),
    *(
        case("Squeeze", floats(1, 3, 1, 2), ints(*axes), constant=(1,), opset=opset, name=f"{axes}")
        for opset in opsets("Squeeze")[2:]
        for axes in ((0,), (2, 0), (-2,), (-4, 2))
    ),
    case("Squeeze", floats(1, 3, 1, 2), opset=13),
    case("Squeeze", floats(1, 1), name="to a number"),
    *(
        case("Unsqueeze", floats(2, 3), axes=axes, opset=opset)
        for opset in (7, 11)
        for axes in ([0], [1, 3], [2], *([[-1]] if opset == 11 else []))
    ),
    *(
        case("Unsqueeze", floats(2, 3), ints(*axes), constant=(1,), opset=opset, name=f"{axes}")
        for opset in opsets("Unsqueeze")[2:]
        for axes in ((0,), (3, 1), (-1,), (0, -2))
    ),
    case("Unsqueeze", floats(), ints(0, 1), constant=(1,), name="a number"),
    *(
        case("Identity", floats(*shape), opset=opset, name=f"{shape}")
        for shape in ((), (2, 3))
        for opset in (7, 14, 16, 25)
    ),
    case("Dropout", X, opset=7, ratio=0.3),
    case("Dropout", X, opset=10, ratio=0.3),
    *(case("Dropout", X, opset=opset, outputs=2, name="and its mask") for opset in (12, 22)),
    Case(
        "Dropout-10 with a mask that nothing reads",
        make_model([helper.make_node("Dropout", ["x"], ["y", "m"])], {"x": X}, ["y"], {}, 10),
        {"x": X[None]},
    ),
    *(case("Dropout", X, opset=opset) for opset in (12, 13, 22)),
    *(
        case("Dropout", X, np.float32(0.4), constant=(1,), opset=opset, name="ratio")
        for opset in (12, 13, 22)
    ),
    case(
        "Dropout", X, np.float32(0.4), np.bool_(False), constant=(1, 2), opset=13, seed=3, name="no training"
    ),
    *(
        case(
            "Concat",
            *(
                floats(*(extent if axis % 3 == at else 2 for at in range(3)), seed=extent)
                for extent in (1, 3, 2)[:count]
            ),
            axis=axis,
            opset=opset,
            name=f"{count} axis {axis}",
        )
        for opset in (7, 11, 13)
        for axis in range(-3 if opset > 7 else 0, 3)
        for count in (1, 2, 3)
    ),
    case("Concat", floats(1, 2), floats(3, 2, seed=1), axis=0, constant=(0,), name="a constant"),
    case("Concat", *(floats(2, 1 + seed % 3, seed=seed) for seed in range(220)), axis=1, name="220 tensors"),
    case(
        "Concat",
        floats(1, 2),
        *(floats(1, 1 + seed % 3, seed=seed) for seed in range(300)),
        axis=1,
        constant=range(1, 301),
        name="300 constants",
    ),
    *(
        case("Expand", floats(*shape), ints(*wanted), constant=(1,), opset=opset, name=f"{shape} {wanted}")
        for opset in (8, 13)
        for shape, wanted in (
            ((3, 1), (2, 3, 4)),
            ((2, 3), (1,)),
            ((2, 3), (2, 3)),
            ((), (2, 2)),
            ((1, 3, 1), (2, 1, 2)),
            ((3,), ()),
        )
    ),
    *(
        case(
            "Slice",
            X,
            *(ints(*part) for part in parts),
            constant=tuple(range(1, len(parts) + 1)),
            opset=opset,
            name=f"{parts}",
        )
        for parts in SLICES
        for opset in (10, 13)
    ),
    *(case("Slice", X, opset=7, **attributes) for attributes in OLD_SLICES),
    *(slices(step) for step in (1, 3, -1, -3, -(2**63))),
    case("Slice", X, *(np.array([n], np.int32) for n in (1, 3, 2)), constant=(1, 2, 3), name="i32 bounds"),
    case(
        "Slice",
        floats(1, 2, 1, 3, 4),
        ints(3, 1),
        ints(0, -9),
        ints(4, 3),
        ints(-2, -1),
        constant=(1, 2, 3, 4),
        name="rank 5",
    ),
    *(
        case(
            "Split",
            floats(6, 4),
            axis=axis,
            opset=opset,
            outputs=outputs,
            **({"split": split} if split else {}),
        )
        for opset in (7, 11)
        for axis, split, outputs in ((0, None, 2), (0, [1, 2, 3], 3), (1, None, 4), (1, [3, 1], 2))
    ),
    *(
        case(
            "Split",
            floats(6, 4),
            ints(*sizes),
            axis=axis,
            constant=(1,),
            opset=opset,
            outputs=len(sizes),
            name=f"{sizes}",
        )
        for opset in (13, 18)
        for axis, sizes in ((0, (1, 5)), (-1, (2, 1, 1)), (0, (6,)))
    ),
    case("Split", floats(6, 4), axis=0, opset=13, outputs=3),
    *(
        case("Split", floats(7, 4), axis=axis, num_outputs=count, outputs=count, opset=18)
        for axis, count in ((0, 2), (0, 3), (1, 4), (-2, 7))
    ),
    *(
        case("Constant", opset=opset, name=name, **{attribute: value})
        for opset, name, attribute, value in (
            (7, "value", "value", floats(2, 3)),
            (12, "value_float", "value_float", 1.5),
            (12, "value_floats", "value_floats", [1.5, -2.0]),
            (12, "value_int", "value_int", 7),
            (12, "value_ints", "value_ints", [7, -2, 2**40]),
            (13, "of truth values", "value", np.array([True, False])),
        )
    ),
    case("ConstantOfShape", ints(2, 3), constant=(0,), name="zeros"),
    case("Shape", X),
    case("Shape", X, opset=15, start=1, end=-1),
    case("Size", X),
]
