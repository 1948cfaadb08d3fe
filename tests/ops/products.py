"""Matrix products: every rank, broadcast batches, vectors, constant and run-time operands on either side."""

import numpy as np

from tests.cases import case, floats

SHAPES: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((3,), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3,)),
    ((2, 3), (3, 4)),
    ((1, 3), (3, 1)),
    ((5, 1), (1, 4)),
    ((2, 4, 3), (3,)),
    ((3,), (2, 3, 4)),
    ((2, 4, 3), (3, 5)),
    ((4, 3), (2, 3, 5)),
    ((2, 4, 3), (2, 3, 5)),
    ((1, 4, 3), (2, 3, 5)),
    ((2, 1, 4, 3), (3, 3, 2)),
    ((2, 3, 4, 3), (3, 2)),
    ((2, 3, 2, 4), (1, 3, 4, 2)),
    ((2, 1, 2, 4), (1, 3, 4, 2)),
    ((2, 2, 1, 2, 3), (1, 2, 3, 2)),
]
A, TURNED = floats(4, 3), floats(3, 4)
B, B_TURNED = floats(3, 5, seed=1), floats(5, 3, seed=1)
C = {
    "none": None,
    "scalar": floats(seed=2),
    "one": floats(1, seed=2),
    "row": floats(5, seed=2),
    "wide row": floats(1, 5, seed=2),
    "column": floats(4, 1, seed=2),
    "full": floats(4, 5, seed=2),
}
HOLES = floats(4, 30) * (floats(4, 30, seed=5) > 0)
INFINITE = np.array([[np.inf, 1.0, 0.0, -1.0], [0.0, 0.0, 0.0, 0.0], [np.nan, 0.0, 2.0, 0.0]], np.float32)

CASES = [
    *(
        case(
            "MatMul",
            floats(*left),
            floats(*right, seed=1),
            constant=constant,
            name=f"{left} {right} {constant}",
        )
        for left, right in SHAPES
        for constant in ((), (0,), (1,))
    ),
    *(
        case("MatMul", floats(2, 3), floats(3, 4), constant=constant, opset=opset, name=f"{constant}")
        for opset in (7, 9, 13)
        for constant in ((), (1,))
    ),
    *(
        case(
            "Gemm",
            TURNED if left else A,
            B_TURNED if right else B,
            C[kind],
            constant=constant,
            opset=11,
            alpha=alpha,
            beta=beta,
            transA=left,
            transB=right,
            name=f"A{left} B{right} x{alpha} C {kind} x{beta} {constant}",
        )
        for left in (0, 1)
        for right in (0, 1)
        for alpha, beta in ((1.0, 1.0), (0.5, -2.0))
        for kind, constant in (("row", (1, 2)), ("column", (1,)), ("full", (2,)), ("row", ()), ("none", (0,)))
    ),
    *(
        case("Gemm", A, B, c, constant=constant, opset=opset, beta=0.5, name=f"C {kind} {constant}")
        for kind, c in C.items()
        for opset in (7, 9, 11, 13)
        for constant in ((1,), (1, 2))
        if opset >= 11 or c is not None
        if c is not None or constant == (1,)
    ),
    *(
        case("Gemm", A, B, floats(5), constant=(1, 2), alpha=alpha, beta=beta)
        for alpha in (0.0, 2.0)
        for beta in (0.0, 3.0)
    ),
    *(
        case(
            "MatMul",
            HOLES,
            floats(30, outputs),
            constant=(1,),
            name=f"zeros among 30 inputs, {outputs} outputs",
        )
        for outputs in (1, 2, 3, 7, 8, 9, 16, 17, 40)
    ),
    *(
        case("MatMul", floats(1, inputs), floats(inputs, 20), constant=(1,), name=f"of {inputs} inputs")
        for inputs in (1, 2, 3, 5, 8, 100)
    ),
    case("MatMul", np.zeros((1, 6), np.float32), floats(6, 4), constant=(1,), name="of nothing but zeros"),
    case("MatMul", INFINITE, floats(4, 12), constant=(1,), name="infinite inputs"),
    case("MatMul", floats(3, 4), INFINITE[:, :3].T.copy().repeat(2, 0)[:4], name="infinite matrix"),
]
