"""Row after row: normalisations and softmax, with what surrounds them."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import helper

from tests.cases import Array, Case, floats, make_model
from tests.one_layer import LAYER, TOKENS, Kernels, kernel


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


def group_normalised() -> Case:
    """Return a normalisation of groups of channels."""
    node = helper.make_node("GroupNormalization", ["x", "s", "t"], ["y"], LAYER, num_groups=2)
    x, constants = floats(1, 4, 3, 3), {"s": floats(4, seed=1), "t": floats(4, seed=2)}
    return Case("groups", make_model([node], {"x": x}, ["y"], constants, 21), {"x": x[None]})


KERNELS: Kernels = {
    "by_row_layer_norm": (normalised("LayerNormalization", floats(2, 16)), ""),
    "by_row_layer_norm_short": (normalised("LayerNormalization", TOKENS), ""),
    "by_row_group_norm": (group_normalised(), ""),
    "by_row_root_mean_square": (root_mean_square(), ""),
    "by_row_softmax": (masked_softmax(), ""),
}
