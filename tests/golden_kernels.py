"""Small models, one for each way to emit an op: what is looked at in tests/golden/kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import helper

from tests.bodies import choice, counted_loop, open_loop, scanned_lstm
from tests.cases import Array, Case, floats, make_model

LAYER = "layer"
ROW, TOKENS, PICTURE = floats(1, 4), floats(1, 3, 4), floats(1, 2, 4, 4)


def kernel(operator: str, x: Array, *constants: Array, outputs: int = 1, **attributes: Any) -> Case:
    """Return a model of one node over an input and constants."""
    names = [f"c{index}" for index in range(len(constants))]
    made = [f"y{index}" for index in range(outputs)]
    node = helper.make_node(operator, ["x", *names], made, name=LAYER, **attributes)
    model = make_model([node], {"x": x}, made, dict(zip(names, constants, strict=True)))
    return Case(operator, model, {"x": x[None]})


def followed(first: Case, *nodes: onnx.NodeProto, **constants: Array) -> Case:
    """Return a model of a node and others after it, the first of which reads y0."""
    graph = first.model.graph
    known = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer} | constants
    inputs = {name: array[0] for name, array in first.samples.items()}
    made = [nodes[-1].output[0]]
    return Case(first.name, make_model([*graph.node, *nodes], inputs, made, known), first.samples)


def two_inputs(operator: str, x: Array, y: Array) -> Case:
    """Return a model of one node over two inputs."""
    node = helper.make_node(operator, ["x", "y"], ["z"], name=LAYER)
    return Case(operator, make_model([node], {"x": x, "y": y}, ["z"]), {"x": x[None], "y": y[None]})


def dense(x: Array, outputs: int = 5) -> Case:
    """Return a dense layer with a bias and a ReLU."""
    inputs = x.shape[-1]
    product = kernel("MatMul", x, floats(inputs, outputs, seed=1))
    nodes = [helper.make_node("Add", ["y0", "b"], ["s"]), helper.make_node("Relu", ["s"], ["r"])]
    return followed(product, *nodes, b=floats(outputs, seed=2))


def conv(groups: int = 1, **attributes: Any) -> Case:
    """Return a convolution with a bias."""
    weight = floats(4, 2 // groups, 2, 2, seed=1)
    return kernel("Conv", PICTURE, weight, floats(4, seed=2), group=groups, **attributes)


def brain() -> Case:
    """Return two tiny dense layers."""
    last = helper.make_node("MatMul", ["r", "w"], ["y"], name="last")
    return followed(dense(ROW), last, w=floats(5, 2, seed=3))


def normalised(operator: str, x: Array, **attributes: Any) -> Case:
    """Return a normalisation over the last axis."""
    return kernel(operator, x, floats(x.shape[-1], seed=1), floats(x.shape[-1], seed=2), **attributes)


def masked_softmax() -> Case:
    """Return a softmax of scores with a scale and a mask."""
    nodes = [
        helper.make_node("Mul", ["x", "c"], ["m"], "scale"),
        helper.make_node("Add", ["m", "k"], ["z"], "mask"),
    ]
    nodes.append(helper.make_node("Softmax", ["z"], ["y"], LAYER))
    x, mask = floats(1, 2, 5, 20), np.where(floats(5, 20, seed=1) > 0, 0, -1e9).astype(np.float32)
    model = make_model(nodes, {"x": x, "k": mask}, ["y"], {"c": np.float32(0.25)})
    return Case("masked", model, {"x": x[None], "k": mask[None]})


def root_mean_square() -> Case:
    """Return x / sqrt(mean(x^2)) times a scale, as exporters write it."""
    nodes = [
        helper.make_node("Mul", ["x", "x"], ["q"], "square"),
        helper.make_node("ReduceMean", ["q", "axes"], ["v"], "mean"),
        helper.make_node("Add", ["v", "e"], ["w"], "epsilon"),
        helper.make_node("Sqrt", ["w"], ["r"], "root"),
        helper.make_node("Div", ["x", "r"], ["d"], "divided"),
        helper.make_node("Mul", ["d", "s"], ["y"], LAYER),
    ]
    x = floats(3, 14)
    constants = {"axes": np.array([-1]), "e": np.float32(1e-5), "s": floats(14, seed=1)}
    return Case("root mean square", make_model(nodes, {"x": x}, ["y"], constants), {"x": x[None]})


def residual() -> Case:
    """Return a dense layer over tokens whose input is added to its sums."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["m"], "dense"),
        helper.make_node("Add", ["m", "x"], ["y"], LAYER),
    ]
    return Case(
        "residual", make_model(nodes, {"x": TOKENS}, ["y"], {"w": floats(4, 4, seed=1)}), {"x": TOKENS[None]}
    )


def residual_conv() -> Case:
    """Return a convolution, to the result of which its input is added before a ReLU."""
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["s"], LAYER, pads=[0, 0, 1, 1]),
        helper.make_node("Add", ["s", "x"], ["a"], "add"),
        helper.make_node("Relu", ["a"], ["y"]),
    ]
    weight = floats(2, 2, 2, 2, seed=1)
    model = make_model(nodes, {"x": PICTURE}, ["y"], {"w": weight})
    return Case("residual", model, {"x": PICTURE[None]})


def joined() -> Case:
    """Return two convolutions whose results are joined along their channels."""
    nodes = [
        helper.make_node("Conv", ["x", "v"], ["a"], LAYER),
        helper.make_node("Conv", ["x", "w", "b"], ["c"], "other"),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("Concat", ["a", "r"], ["y"], axis=1),
    ]
    weights = {"v": floats(3, 2, 1, 1, seed=1), "w": floats(2, 2, 1, 1, seed=2), "b": floats(2, seed=3)}
    model = make_model(nodes, {"x": PICTURE}, ["y"], weights)
    return Case("joined", model, {"x": PICTURE[None]})


def group_normalised() -> Case:
    """Return a normalisation of groups of channels."""
    node = helper.make_node("GroupNormalization", ["x", "s", "t"], ["y"], LAYER, num_groups=2)
    x, constants = floats(1, 4, 3, 3), {"s": floats(4, seed=1), "t": floats(4, seed=2)}
    return Case("groups", make_model([node], {"x": x}, ["y"], constants, 21), {"x": x[None]})


DENSE = ("columns", "lines", "registers", "rows", "unrolled", "vector_rows")
KERNELS: dict[str, tuple[Case, str]] = {
    **{f"dense_{name}": (dense(ROW), name) for name in DENSE},
    **{
        f"dense_{name}_tokens": (dense(TOKENS), name)
        for name in ("registers", "rows", "tiles", "vector_rows")
    },
    "chain": (brain(), ""),
    **{f"conv_{name}": (conv(pads=[1, 0, 0, 1]), name) for name in ("direct", "taps")},
    "conv_depthwise": (conv(groups=2), "depthwise"),
    "matmul": (two_inputs("MatMul", floats(2, 3), floats(3, 2, seed=1)), "nest"),
    "matmul_tiles": (two_inputs("MatMul", floats(2, 3, 5), floats(2, 5, 7, seed=1)), "tiles"),
    "by_row_layer_norm": (normalised("LayerNormalization", floats(2, 16)), ""),
    "by_row_layer_norm_short": (normalised("LayerNormalization", TOKENS), ""),
    "by_row_group_norm": (group_normalised(), ""),
    "by_row_root_mean_square": (root_mean_square(), ""),
    "by_row_softmax": (masked_softmax(), ""),
    "pointwise": (two_inputs("Add", floats(2, 3), floats(3, seed=1)), ""),
    "pointwise_number": (kernel("Mul", TOKENS, np.float32(2.5)), ""),
    "pool_max": (kernel("MaxPool", PICTURE, kernel_shape=[2, 2], strides=[2, 2]), ""),
    "pool_max_padded": (kernel("MaxPool", PICTURE, kernel_shape=[3, 3], pads=[1, 1, 1, 1]), ""),
    "pool_max_places": (kernel("MaxPool", PICTURE, kernel_shape=[2, 2], outputs=2), ""),
    "pool_mean": (kernel("AveragePool", PICTURE, kernel_shape=[2, 2]), ""),
    "pool_mean_padded": (kernel("AveragePool", PICTURE, kernel_shape=[2, 2], pads=[1, 1, 0, 0]), ""),
    "reduce_sum": (kernel("ReduceSum", TOKENS, np.array([-1])), ""),
    "reduce_max": (kernel("ReduceMax", TOKENS, np.array([1])), ""),
    "softmax_short": (kernel("Softmax", ROW), ""),
    "softmax_long": (kernel("Softmax", floats(2, 20)), ""),
    "softmax_log": (kernel("LogSoftmax", floats(2, 20)), ""),
    "top_k": (kernel("TopK", TOKENS, np.array([2]), outputs=2, axis=1), ""),
    "residual": (residual(), ""),
    "residual_conv": (residual_conv(), ""),
    "conv_joined": (joined(), ""),
    "scan": (scanned_lstm(3, 2, 2), ""),
    "scan_backward": (scanned_lstm(3, 2, 2, scan_input_directions=[1], scan_output_directions=[1]), ""),
    "loop": (counted_loop(), ""),
    "loop_open": (open_loop(), ""),
    "branch": (choice(), ""),
    "move_concat": (kernel("Concat", TOKENS, floats(1, 3, 2, seed=1), axis=2), ""),
    "move_expand": (kernel("Expand", ROW, np.array([3, 4])), ""),
    "move_pad": (kernel("Pad", floats(2, 3), np.array([1, 0, 0, 2]), np.float32(7)), ""),
    "move_pad_reflect": (kernel("Pad", floats(2, 3), np.array([0, 2, 1, 1]), mode="reflect"), ""),
    "move_reshape": (kernel("Reshape", TOKENS, np.array([4, 3])), ""),
    "move_slice": (kernel("Slice", TOKENS, np.array([2]), np.array([0]), np.array([1]), np.array([-1])), ""),
    "move_transpose": (kernel("Transpose", TOKENS, perm=[0, 2, 1]), ""),
}
"""By the name of the golden file: a model, and the schedule of its layer if that is to be chosen."""
