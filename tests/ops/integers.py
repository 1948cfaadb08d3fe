"""Whole numbers: division toward zero, remainders, 32-bit numbers that overflow, casts in every direction."""

import numpy as np
from onnx import TensorProto

from tests.cases import case, floats

A = np.array([7, -7, 7, -7, 0, 2**31 - 1, -(2**31), 123456789], np.int32)
B = np.array([2, 2, -2, -2, 5, 3, 10, 987654321], np.int32)
WIDE = A.astype(np.int64) * 1000
SMALL = np.array([[3, -1, 2], [0, 5, -4]], np.int32)
NUMBERS = {
    "float": np.array([0.0, -0.0, 0.9, -0.9, 2.5, -2.5, 1e9], np.float32),
    "int32": np.array([0, 1, -1, 2**31 - 1, -(2**31)], np.int32),
    "int64": np.array([0, 1, -1, 2**31, -(2**33) - 5, 2**40], np.int64),
    "bool": np.array([True, False]),
}
TYPES = {
    "float": TensorProto.FLOAT,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "bool": TensorProto.BOOL,
}

CASES = [
    *(
        case(operator, A, B, opset=opset, name="i32")
        for operator in ("Add", "Sub", "Mul", "Div")
        for opset in (7, 14)
    ),
    *(
        case(operator, WIDE, (B % 1000).astype(np.int64) + 1, name="i64")
        for operator in ("Add", "Sub", "Mul", "Div")
    ),
    *(
        case(operator, A, np.int32(number), constant=(1,), name=f"i32 and {number}")
        for operator in ("Add", "Sub", "Mul", "Div")
        for number in (-3, 65537, 2**31 - 1)
    ),
    *(case(operator, A[:5], name="i32") for operator in ("Neg", "Abs", "Sign")),
    *(case(operator, A, name="i32 overflow") for operator in ("Neg", "Abs")),
    *(case(operator, WIDE, name="i64") for operator in ("Neg", "Abs", "Sign")),
    *(case("Mod", A, B, fmod=fmod, opset=opset) for fmod in (0, 1) for opset in (10, 13)),
    *(case("Mod", WIDE, B.astype(np.int64), fmod=fmod, name="i64") for fmod in (0, 1)),
    *(case(operator, A, B, opset=opset, name="i32") for operator in ("Min", "Max") for opset in (12, 13)),
    *(case(operator, WIDE, B.astype(np.int64), name="i64") for operator in ("Min", "Max")),
    case("Relu", A, opset=14, name="i32"),
    case("Clip", A, np.int32(-5), np.int32(100), constant=(1, 2), opset=12, name="i32"),
    case("Clip", WIDE, np.int64(-5), np.int64(2**63 - 1), constant=(1, 2), opset=13, name="i64"),
    case("Pow", SMALL, np.int32(2), constant=(1,), opset=15, name="i32"),
    *(
        case(
            "Pow", A, np.array(exponent, kind), constant=constant, opset=15, name=f"i32 overflow {exponent!r}"
        )
        for exponent in (2, 3, [[2]], 5)
        for kind in (np.int32, np.float32)
        for constant in ((), (1,))
    ),
    case("Pow", np.abs(SMALL), SMALL.astype(np.float32) * 0.5 + 2, opset=15, name="i32 of a fraction"),
    # An odd number beyond what singles hold stays itself.
    case("Pow", np.array([2**24 + 5], np.int32), np.ones(2, np.float32), opset=15, name="i32 beyond singles"),
    case("Pow", SMALL.astype(np.int64), np.array([3, 2, 1], np.int64), opset=15, name="i64"),
    case("Where", np.array([True, False, True]), A[:3], B[:3], name="i32"),
    case("Equal", A, B, name="i32"),
    case("Less", WIDE, B.astype(np.int64), name="i64"),
    *(
        case(f"Reduce{kind}", x, keepdims=0, name=f"{x.dtype}")
        for kind in ("Sum", "Mean", "Prod", "Max", "Min")
        for x in (SMALL + 2, SMALL.astype(np.int64) - 1)
    ),
    case("ReduceSum", np.full(5, 2**30, np.int32), name="i32 overflow"),
    case("ReduceProd", np.array([2**30, 3, 5, 7, 2**17 + 1], np.int32), name="i32 overflow"),
    case("ReduceMean", np.array([-3, -4, 0], np.int32), name="i32 toward zero"),
    *(
        case("Cast", x, to=TYPES[target], opset=opset, name=f"{source} to {target}")
        for source, x in NUMBERS.items()
        for target in TYPES
        for opset in (9, 13, 19)
    ),
    case(
        "Cast",
        np.array([np.nan, np.inf, -np.inf, 3e9, -3e9], np.float32),
        to=TensorProto.INT32,
        name="no i32",
    ),
    case("Cast", np.array([np.nan, np.inf, -np.inf], np.float32), to=TensorProto.BOOL, name="NaN to bool"),
    case("Transpose", SMALL, name="i32"),
    case("Concat", SMALL, SMALL, axis=0, name="i32"),
    case("Identity", np.array([True, False]), name="bool"),
    case("Slice", np.array([True, False, True]), np.array([1]), np.array([3]), constant=(1, 2), name="bool"),
    case("Gemm", floats(2, 3), floats(3, 2), floats(2), name="f32"),
]
