"""If with a condition that is known while compiling: the branch that is taken, its names its own."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tests.cases import Array, Case, floats, make_model

X = floats(2, 3)
node = helper.make_node


def branch(*nodes, output="r", **constants: Array):  # type: ignore[no-untyped-def]
    """Return a graph without inputs whose output is `output`."""
    result = helper.make_tensor_value_info(output, TensorProto.FLOAT, [2, 3])
    weights = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    return helper.make_graph(list(nodes), "branch", [], [result], weights)


def choice(condition: str, result: str, then, other):  # type: ignore[no-untyped-def]
    """Return an If."""
    return node("If", [condition], [result], name=f"if {result}", then_branch=then, else_branch=other)


def chosen(name, *nodes, opset=20, **constants) -> Case:  # type: ignore[no-untyped-def]
    """Return a case over x [2, 3] with the known conditions yes and no."""
    known = {"yes": np.array(True), "no": np.array([False]), **constants}
    model = make_model(list(nodes), {"x": X}, [nodes[-1].output[0]], known, opset)
    return Case(f"If: {name}", model, {"x": X[None]})


SCALED = branch(node("Mul", ["x", "c"], ["h"]), node("Relu", ["h"], ["r"]), c=np.float32(2))
SHIFTED = branch(node("Add", ["x", "c"], ["h"]), node("Neg", ["h"], ["r"]), c=np.float32(3))
OUTER = branch(node("Relu", ["x"], ["unused"]), output="r", r=X)

CASES = [
    chosen("the first branch", choice("yes", "y", SCALED, SHIFTED)),
    chosen("the second branch", choice("no", "y", SCALED, SHIFTED)),
    chosen(
        "two whose tensors have the same names",
        choice("yes", "a", SCALED, SHIFTED),
        choice("no", "b", SCALED, SHIFTED),
        node("Sub", ["a", "b"], ["y"]),
    ),
    chosen("one inside another", choice("yes", "y", branch(choice("no", "r", SCALED, SHIFTED)), SHIFTED)),
    chosen("a constant of the branch", choice("yes", "a", OUTER, SCALED), node("Add", ["a", "x"], ["y"])),
    chosen(
        "a condition on shapes",
        node("Shape", ["x"], ["s"]),
        node("Size", ["s"], ["n"]),
        node("Equal", ["n", "two"], ["c"]),
        choice("c", "y", SCALED, SHIFTED),
        two=np.array(2),
    ),
]
