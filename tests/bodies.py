"""Models with graphs inside their nodes: recurrences, loops and choices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.cases import Array, Case, floats, make_model

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


def graph(
    name: str,
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[tuple[str, int, Sequence[int]]],
    outputs: Sequence[tuple[str, int, Sequence[int]]],
    constants: dict[str, Array] | None = None,
) -> onnx.GraphProto:
    """Return a body; inputs and outputs are names, element types and shapes."""
    ports = [[helper.make_tensor_value_info(*port) for port in some] for some in (inputs, outputs)]
    stored = [numpy_helper.from_array(array, key) for key, array in (constants or {}).items()]
    return helper.make_graph(list(nodes), name, *ports, stored)


def lstm_step(features: int, units: int, seed: int = 0) -> tuple[list[onnx.NodeProto], dict[str, Array]]:
    """Return the nodes of a step, from x, h and c to h2 and c2, and their weights."""
    node = helper.make_node
    nodes = [
        node("Concat", ["x", "h"], ["xh"], "joined", axis=1),
        node("Gemm", ["xh", "W", "b"], ["gates"], "gates"),
        node("Split", ["gates"], ["i", "f", "g", "o"], "split", axis=1, num_outputs=4),
        *(node("Sigmoid", [each], [f"{each}s"], f"{each}_gate") for each in "ifo"),
        node("Tanh", ["g"], ["gt"], "candidate"),
        node("Mul", ["fs", "c"], ["kept"], "kept"),
        node("Mul", ["is", "gt"], ["new"], "new"),
        node("Add", ["kept", "new"], ["c2"], "cell"),
        node("Tanh", ["c2"], ["ct"], "squashed"),
        node("Mul", ["os", "ct"], ["h2"], "hidden"),
    ]
    scale = 1 / np.sqrt(features + units)
    weights = floats(features + units, 4 * units, seed=seed, scale=scale)
    return nodes, {"W": weights, "b": floats(4 * units, seed=seed + 1, scale=0.1)}


def scanned_lstm(steps: int, features: int, units: int, **directions: Sequence[int]) -> Case:
    """Return an LSTM as a Scan over [steps, 1, features]: the hidden state of each step, and the last cell."""
    nodes, weights = lstm_step(features, units)
    nodes = [*nodes, helper.make_node("Identity", ["h2"], ["y"])]
    state, wide = [1, units], [1, features]
    body = graph(
        "step",
        nodes,
        [("h", FLOAT, state), ("c", FLOAT, state), ("x", FLOAT, wide)],
        [("h2", FLOAT, state), ("c2", FLOAT, state), ("y", FLOAT, state)],
        weights,
    )
    scan = helper.make_node(
        "Scan", ["h0", "c0", "xs"], ["hn", "cn", "ys"], "lstm", body=body, num_scan_inputs=1, **directions
    )
    x = floats(steps, 1, features, seed=2)
    zeros = np.zeros((1, units), np.float32)
    return Case(
        "scan", make_model([scan], {"xs": x}, ["ys", "cn"], {"h0": zeros, "c0": zeros}), {"xs": x[None]}
    )


def unrolled_lstm(steps: int, features: int, units: int) -> Case:
    """Return the same LSTM with its steps written out one after another."""
    step, weights = lstm_step(features, units)
    nodes, x = [], floats(steps, 1, features, seed=2)
    zeros = np.zeros((1, units), np.float32)
    constants = {**weights, "h0": zeros, "c0": zeros, "axis": np.array([0])}
    names = {"h": "h0", "c": "c0"}
    for number in range(steps):
        constants |= {f"from{number}": np.array([number]), f"to{number}": np.array([number + 1])}
        cut = ["xs", f"from{number}", f"to{number}", "axis"]
        nodes.append(helper.make_node("Slice", cut, [f"cut.{number}"], f"cut.{number}"))
        nodes.append(helper.make_node("Squeeze", [f"cut.{number}", "axis"], [f"x.{number}"]))
        names["x"] = f"x.{number}"
        for each in step:
            copy = onnx.NodeProto()
            copy.CopyFrom(each)
            copy.name = f"{each.name}.{number}"
            renamed = [tensor if tensor in weights else names[tensor] for tensor in each.input]
            del copy.input[:]
            copy.input.extend(renamed)
            names |= {tensor: f"{tensor}.{number}" for tensor in each.output}
            del copy.output[:]
            copy.output.extend(names[tensor] for tensor in each.output)
            nodes.append(copy)
        names["h"], names["c"] = names["h2"], names["c2"]
        nodes.append(helper.make_node("Unsqueeze", [names["h"], "axis"], [f"y.{number}"]))
    ys = [f"y.{number}" for number in range(steps)]
    nodes.append(helper.make_node("Concat", ys, ["ys"], axis=0))
    nodes.append(helper.make_node("Identity", [names["c"]], ["cn"]))
    return Case("unrolled", make_model(nodes, {"xs": x}, ["ys", "cn"], constants), {"xs": x[None]})


def counted_loop(rounds: int = 3) -> Case:
    """Return a loop of known rounds: x = x * w + v, with v from outside, and a slice of each round."""
    node = helper.make_node
    body = graph(
        "round",
        [
            node("Identity", ["goes"], ["on"]),
            node("Mul", ["x", "w"], ["scaled"], "scaled"),
            node("Cast", ["number"], ["rounds"], "counted", to=FLOAT),
            node("Add", ["scaled", "v"], ["shifted"], "shifted"),
            node("Add", ["shifted", "rounds"], ["x2"], "next"),
            node("Identity", ["x2"], ["slice"]),
        ],
        [("number", INT64, []), ("goes", BOOL, []), ("x", FLOAT, [1, 3])],
        [("on", BOOL, []), ("x2", FLOAT, [1, 3]), ("slice", FLOAT, [1, 3])],
        {"w": floats(3, seed=5)},
    )
    loop = node("Loop", ["count", "", "x0"], ["last", "all"], "loop", body=body)
    inputs = {"x0": floats(1, 3), "v": floats(1, 3, seed=1)}
    model = make_model([loop], inputs, ["last", "all"], {"count": np.array(rounds)})
    return Case("loop", model, {name: array[None] for name, array in inputs.items()})


def open_loop() -> Case:
    """Return a loop that ends by what it computes, or after as many rounds as an input says."""
    node = helper.make_node
    body = graph(
        "round",
        [
            node("Mul", ["x", "x"], ["squared"], "squared"),
            node("ReduceSum", ["x2"], ["total"], "total", keepdims=0),
            node("Less", ["total", "limit"], ["on"], "small"),
        ],
        [("number", INT64, []), ("goes", BOOL, []), ("x", FLOAT, [1, 3])],
        [("on", BOOL, []), ("x2", FLOAT, [1, 3])],
        {"limit": np.array(1000, np.float32), "two": np.array(2, np.float32)},
    )
    body.node.insert(1, node("Add", ["squared", "two"], ["x2"], "more"))
    loop = node("Loop", ["count", "start", "x0"], ["last"], "loop", body=body)
    x = floats(4, 1, 3)
    count = np.array([0, 1, 2, 9])
    start = np.array([True, True, True, False])
    inputs = {"x0": x[0], "count": count[0], "start": start[0]}
    return Case("while", make_model([loop], inputs, ["last"]), {"x0": x, "count": count, "start": start})


def choice() -> Case:
    """Return an If by what an input says, whose branches read what is outside."""
    node = helper.make_node
    shape = [1, 3]
    then = graph("then", [node("Mul", ["x", "w"], ["y1"], "product")], [], [("y1", FLOAT, shape)])
    nodes = [node("Add", ["x", "h"], ["z"], "sum"), node("Relu", ["z"], ["y2"], "positive")]
    otherwise = graph("otherwise", nodes, [], [("y2", FLOAT, shape)])
    outer = [
        node("Tanh", ["x"], ["h"], "tanh"),
        node("If", ["which"], ["y"], "choice", then_branch=then, else_branch=otherwise),
    ]
    x = floats(2, 1, 3)
    which = np.array([True, False])
    inputs = {"x": x[0], "which": which[0]}
    return Case("if", make_model(outer, inputs, ["y"], {"w": floats(3, seed=1)}), {"x": x, "which": which})
