"""Reductions: axes as attribute and as input, kept and dropped, none at all, and what an empty list means."""

from typing import Any

import numpy as np

from tests.cases import Case, case, floats

X = floats(2, 3, 4)
KINDS = ("ReduceSum", "ReduceMean", "ReduceProd", "ReduceMax", "ReduceMin")
DEFINED = ("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare")
AXES: list[list[int] | None] = [None, [0], [1], [2], [0, 2], [-1], [-2, 0], [0, 1, 2]]


def reduction(
    operator: str, opset: int, axes: list[int] | None, x: np.ndarray = X, **attributes: Any
) -> Case:
    """Return a case whose axes are an input, where the opset has it so, or else an attribute."""
    if operator == "ReduceLogSum":
        x = np.abs(x)
    since = 13 if operator == "ReduceSum" else 18
    name = f"axes {axes} {attributes} of {x.shape}"
    if axes is None:
        return case(operator, x, opset=opset, name=name, **attributes)
    if opset < since:
        return case(operator, x, opset=opset, name=name, axes=axes, **attributes)
    return case(operator, x, np.array(axes, np.int64), constant=(1,), opset=opset, name=name, **attributes)


CASES = [
    *(
        reduction(operator, opset, axes, keepdims=keep)
        for operator in KINDS
        for opset, keep in ((11, 0), (18, 1))
        for axes in AXES
    ),
    *(
        reduction(operator, opset, axes)
        for operator in KINDS
        for opset in (7, 13, 20)
        for axes in (None, [1])
    ),
    *(
        reduction(operator, opset, axes, keepdims=keep)
        for operator in DEFINED
        for opset, keep in ((7, 0), (11, 1), (13, 0), (18, 0), (18, 1))
        for axes in (None, [1], [0, 2])
    ),
    *(
        reduction(operator, 18, [], noop_with_empty_axes=noop)
        for operator in (*KINDS, *DEFINED)
        for noop in (0, 1)
    ),
    *(
        reduction(operator, 18, None, noop_with_empty_axes=noop, keepdims=0)
        for operator in KINDS
        for noop in (0, 1)
    ),
    *(reduction(operator, 18, None, floats(), keepdims=keep) for operator in KINDS for keep in (0, 1)),
    *(
        reduction(operator, 18, axes, floats(2, 2, 1, 3, 2))
        for operator in KINDS
        for axes in ([0, 3], [1, 2, 4], [2])
    ),
    *(reduction(operator, 18, [0], np.array([np.inf, -np.inf, 1.0], np.float32)) for operator in KINDS),
    *(
        reduction(operator, 20, [1], np.array([[True, False], [False, False]]))
        for operator in ("ReduceMax", "ReduceMin")
    ),
    reduction("ReduceLogSumExp", 18, [1], np.array([[100.0, 1000.0], [-1000.0, -100.0]], np.float32)),
]
