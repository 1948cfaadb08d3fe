"""Small graphs: several inputs and outputs, values read twice, outputs that share a table with something else."""

import numpy as np
from onnx import helper

from tests.cases import Case, floats, make_model
from tests.ops.arithmetic import UNARY

node = helper.make_node
X, Y = floats(2, 3), floats(2, 3, seed=1)
IMAGE = floats(1, 2, 4, 4)
SHAPE, FLAT = np.array([3, 2], np.int64), np.array([-1], np.int64)
WEIGHT, BIAS = floats(3, 3, seed=2), floats(3, seed=3)


def graph(name, nodes, outputs, inputs=None, constants=None, opset=20) -> Case:  # type: ignore[no-untyped-def]
    """Return a case of several nodes; without `inputs`, its only one is x [2, 3]."""
    inputs = inputs or {"x": X}
    model = make_model(nodes, inputs, outputs, constants or {}, opset)
    return Case(name, model, {key: array[None] for key, array in inputs.items()})


CASES = [
    graph(
        "several inputs and outputs",
        [
            node("Add", ["x", "y"], ["sum"]),
            node("Sub", ["x", "y"], ["difference"]),
            node("Mul", ["sum", "difference"], ["product"]),
        ],
        ["product", "sum", "difference"],
        {"x": X, "y": Y},
    ),
    graph("an input that nothing reads", [node("Relu", ["x"], ["z"])], ["z"], {"x": X, "y": Y}),
    graph(
        "an output that is an input",
        [node("Relu", ["x"], ["z"]), node("Identity", ["x"], ["same"])],
        ["same", "z"],
    ),
    graph(
        "two outputs that are one input",
        [node("Identity", ["x"], ["a"]), node("Identity", ["x"], ["b"])],
        ["a", "b"],
    ),
    graph(
        "an output that is a reshaped input",
        [node("Reshape", ["x", "shape"], ["z"])],
        ["z"],
        constants={"shape": SHAPE},
    ),
    graph("an output listed twice", [node("Relu", ["x"], ["a"]), node("Neg", ["a"], ["b"])], ["a", "b", "a"]),
    graph("an output twice", [node("Relu", ["x"], ["a"]), node("Identity", ["a"], ["b"])], ["a", "b"]),
    graph(
        "outputs that are reshapes of an output",
        [
            node("Relu", ["x"], ["a"]),
            node("Reshape", ["a", "shape"], ["b"]),
            node("Reshape", ["a", "flat"], ["c"]),
            node("Reshape", ["b", "flat"], ["d"]),
        ],
        ["b", "a", "d", "c"],
        constants={"shape": SHAPE, "flat": FLAT},
    ),
    graph(
        "a reshape that is read on",
        [
            node("Relu", ["x"], ["a"]),
            node("Reshape", ["a", "shape"], ["b"]),
            node("Neg", ["b"], ["c"]),
            node("Exp", ["a"], ["d"]),
        ],
        ["c", "d", "b"],
        constants={"shape": SHAPE},
    ),
    graph(
        "an output that is a constant",
        [node("Add", ["p", "q"], ["known"]), node("Relu", ["x"], ["z"])],
        ["known", "z"],
        constants={"p": X, "q": Y},
    ),
    graph(
        "an output that is an initializer",
        [node("Identity", ["p"], ["known"]), node("Relu", ["x"], ["z"])],
        ["z", "known"],
        constants={"p": X},
    ),
    graph(
        "constants that are reshapes of each other",
        [node("Identity", ["p"], ["a"]), node("Reshape", ["p", "shape"], ["b"]), node("Relu", ["x"], ["z"])],
        ["a", "b", "z"],
        constants={"p": X, "shape": SHAPE},
    ),
    graph(
        "an inner value is an output",
        [node("MatMul", ["x", "w"], ["h"]), node("Add", ["h", "b"], ["s"]), node("Relu", ["s"], ["z"])],
        ["h", "z", "s"],
        constants={"w": WEIGHT, "b": BIAS},
    ),
    graph(
        "swish after a dense layer",
        [
            node("MatMul", ["x", "w"], ["h"]),
            node("Add", ["h", "b"], ["s"]),
            node("Sigmoid", ["s"], ["g"]),
            node("Mul", ["s", "g"], ["z"]),
        ],
        ["z"],
        constants={"w": WEIGHT, "b": BIAS},
    ),
    graph(
        "a residual addition",
        [
            node("MatMul", ["x", "w"], ["h"]),
            node("Add", ["h", "b"], ["s"]),
            node("Relu", ["s"], ["r"]),
            node("Add", ["r", "x"], ["z"]),
        ],
        ["z"],
        constants={"w": WEIGHT, "b": BIAS},
    ),
    graph(
        "a residual addition before the activation",
        [node("MatMul", ["x", "w"], ["h"]), node("Add", ["h", "x"], ["s"]), node("Relu", ["s"], ["z"])],
        ["z"],
        constants={"w": WEIGHT},
    ),
    graph(
        "weights that two layers share",
        [
            node("MatMul", ["x", "w"], ["h"]),
            node("Mul", ["h", "b"], ["s"]),
            node("MatMul", ["s", "w"], ["z"]),
        ],
        ["z"],
        constants={"w": WEIGHT, "b": BIAS},
    ),
    graph(
        "a layer read twice",
        [node("MatMul", ["x", "w"], ["h"]), node("Mul", ["h", "b"], ["p"]), node("Add", ["h", "b"], ["q"])],
        ["p", "q"],
        constants={"w": WEIGHT, "b": BIAS},
    ),
    graph(
        "a layer added to itself",
        [node("MatMul", ["x", "w"], ["h"]), node("Add", ["h", "h"], ["z"])],
        ["z"],
        constants={"w": WEIGHT},
    ),
    graph(
        "a scale of 1 / 0",
        [node("MatMul", ["x", "w"], ["h"]), node("Div", ["h", "b"], ["z"])],
        ["z"],
        constants={"w": WEIGHT, "b": np.array([1.0, 0.0, -0.0], np.float32)},
    ),
    graph(
        "batch normalisation after a convolution",
        [
            node("Conv", ["x", "w", "b"], ["c"]),
            node("BatchNormalization", ["c", "s", "b", "m", "v"], ["n"]),
            node("LeakyRelu", ["n"], ["z"], alpha=0.2),
        ],
        ["z"],
        {"x": IMAGE},
        {
            "w": floats(3, 2, 3, 3),
            "b": BIAS,
            "s": floats(3, seed=5),
            "m": floats(3, seed=6),
            "v": np.abs(floats(3, seed=7)) + 0.1,
        },
    ),
    graph(
        "batch normalisation after a depthwise convolution",
        [
            node("Conv", ["x", "w"], ["c"], group=2),
            node("BatchNormalization", ["c", "s", "s", "s", "v"], ["z"]),
        ],
        ["z"],
        {"x": IMAGE},
        {"w": floats(4, 1, 3, 3), "s": floats(4, seed=5), "v": np.abs(floats(4, seed=7)) + 0.1},
    ),
    graph(
        "old softmax after a computed reshape",
        [
            node("Shape", ["x"], ["s"]),
            node("Gather", ["s", "zero"], ["n"], axis=0),
            node("Unsqueeze", ["n"], ["m"], axes=[0]),
            node("Concat", ["m", "rest"], ["shape"], axis=0),
            node("Reshape", ["x", "shape"], ["h"]),
            node("Softmax", ["h"], ["z"], axis=1),
        ],
        ["z"],
        {"x": floats(2, 3, 4)},
        {"zero": np.array(0), "rest": np.array([2, 6])},
        11,
    ),
    graph(
        "truth values as numbers",
        [
            node("Less", ["x", "y"], ["c"]),
            node("Greater", ["x", "zero"], ["d"]),
            node("Not", ["b"], ["l"]),
            node("Cast", ["c"], ["e"], to=1),
            node("Cast", ["d"], ["f"], to=6),
            node("Add", ["e", "e"], ["g"]),
            node("Cast", ["b"], ["k"], to=1),
            node("Neg", ["k"], ["h"]),
            node("Sub", ["f", "two"], ["i"]),
        ],
        ["g", "h", "i", "l"],
        {"x": X, "y": Y, "b": X < 0},
        {"zero": np.float32(0), "two": np.int32(2)},
    ),
    graph(
        "whole numbers as floats",
        [
            node("Cast", ["x"], ["f"], to=1),
            node("Mul", ["f", "four"], ["g"]),
            node("Div", ["f", "three"], ["h"]),
            node("Cast", ["h"], ["i"], to=7),
            node("Cast", ["y"], ["k"], to=1),
            node("Mul", ["k", "four"], ["l"]),
        ],
        ["g", "h", "i", "l"],
        {"y": np.array([2**30, -5], np.int32), "x": np.array([2**30, -(2**30), 7, -7], np.int32)},
        {"four": np.float32(4), "three": np.float32(3)},
    ),
    graph(
        "a long chain",
        [
            node("Mul", [f"v{i}" if i else "x", "b"], [f"w{i}"])
            if i % 2 == 0
            else node("Sin", [f"w{i - 1}"], [f"v{i + 1}"])
            for i in range(80)
        ],
        ["v80"],
        constants={"b": BIAS},
    ),
    graph(
        "a choice between chains",
        [
            node("Less", ["x", "y"], ["c"]),
            node("Exp", ["x"], ["e"]),
            node("Neg", ["y"], ["n"]),
            node("Where", ["c", "e", "n"], ["w"]),
            node("Add", ["w", "e"], ["z"]),
            node("Cast", ["c"], ["k"], to=1),
        ],
        ["z", "k"],
        {"x": X, "y": Y},
    ),
    graph(
        "functions of truth values",
        [
            node("Greater", ["x", "y"], ["truth"]),
            node("Cast", ["truth"], ["t"], to=1),
            *(node(operator, ["t"], [f"of {operator}"]) for operator in UNARY),
        ],
        [f"of {operator}" for operator in UNARY],
        {"x": X, "y": Y},
    ),
    graph(
        "powers of powers",
        [
            node("Exp", ["x"], ["a"]),
            node("Exp", ["y"], ["b"]),
            node("Pow", ["a", "b"], ["c"]),
            node("Pow", ["c", "x"], ["left"]),
            node("Pow", ["b", "x"], ["d"]),
            node("Pow", ["a", "d"], ["right"]),
            node("Neg", ["c"], ["n"]),
            node("Pow", ["n", "two"], ["z"]),
        ],
        ["left", "right", "z"],
        {"x": X, "y": Y},
        {"two": np.float32(4)},
    ),
    graph(
        "negative whole numbers known while compiling",
        [
            node("Div", ["p", "q"], ["d"]),
            node("Mod", ["p", "q"], ["m"]),
            node("Mod", ["p", "q"], ["f"], fmod=1),
            node("Relu", ["x"], ["z"]),
        ],
        ["d", "m", "f", "z"],
        constants={"p": np.array([-7, 7, -7, 7]), "q": np.array([2, -2, -2, 2])},
    ),
    graph(
        "known functions of special numbers",
        [
            node("Max", ["p", "q"], ["a"]),
            node("Round", ["p"], ["r"]),
            node("Sign", ["p"], ["s"]),
            node("Softplus", ["p"], ["l"]),
            node("Elu", ["p"], ["e"]),
            node("HardSigmoid", ["p"], ["h"]),
            node("Relu", ["x"], ["z"]),
        ],
        ["a", "r", "s", "l", "e", "h", "z"],
        constants={
            "p": np.array([-100.0, 0.5, 1.5, 1000.0], np.float32),
            "q": np.array([1.0, -1.0, 2.5, 0.0], np.float32),
        },
    ),
]
