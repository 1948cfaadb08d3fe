"""What is done to the elements of a layer where they are stored, and layers whose results are joined."""

from onnx import helper

from tests.cases import Case, floats, make_model
from tests.one_layer import LAYER, PICTURE, TOKENS, Kernels


def residual() -> Case:
    """Return a dense layer over tokens whose input is added to its sums."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["m"], "dense"),
        helper.make_node("Add", ["m", "x"], ["y"], LAYER),
    ]
    model = make_model(nodes, {"x": TOKENS}, ["y"], {"w": floats(4, 4, seed=1)})
    return Case("residual", model, {"x": TOKENS[None]})


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


KERNELS: Kernels = {
    "residual": (residual(), ""),
    "residual_conv": (residual_conv(), ""),
    "conv_joined": (joined(), ""),
}
