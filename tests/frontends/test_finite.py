"""NaN and infinity in the weights of a layer are refused, whatever way the weights come to it."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import helper

from onnx2luau.compiler.errors import ModelError
from onnx2luau.frontends.onnx import import_model
from tests.cases import Array, floats, make_model

node = helper.make_node


def spoilt(value: float, *shape: int) -> Array:
    """Return seeded numbers with one that is not finite."""
    array = floats(*shape)
    array.flat[array.size // 2] = value
    return array


def layers(value: float) -> dict[str, onnx.ModelProto]:
    """Return models with `value` in a weight or a bias."""
    vector, image = {"x": floats(1, 4)}, {"x": floats(1, 2, 5, 5)}
    row, kernel = spoilt(value, 4, 3), spoilt(value, 3, 2, 3, 3)
    gemm = node("Gemm", ["x", "w", "b"], ["y"])
    turned = [
        node("Transpose", ["w"], ["t"]),
        node("Reshape", ["t", "s"], ["r"]),
        node("MatMul", ["x", "r"], ["y"]),
    ]
    return {
        "MatMul": make_model([node("MatMul", ["x", "w"], ["y"])], vector, ["y"], {"w": row}),
        "MatMul of stacks": make_model(
            [node("MatMul", ["x", "w"], ["y"])], {"x": floats(2, 1, 4)}, ["y"], {"w": spoilt(value, 2, 4, 3)}
        ),
        "Gemm": make_model([gemm], vector, ["y"], {"w": row, "b": floats(3)}),
        "bias of Gemm": make_model([gemm], vector, ["y"], {"w": floats(4, 3), "b": spoilt(value, 3)}),
        "turned": make_model(turned, vector, ["y"], {"w": spoilt(value, 3, 2, 2), "s": np.array([4, 3])}),
        "scaled": make_model(
            [node("Mul", ["w", "w"], ["s"]), node("MatMul", ["x", "s"], ["y"])], vector, ["y"], {"w": row}
        ),
        "Conv": make_model([node("Conv", ["x", "w"], ["y"])], image, ["y"], {"w": kernel}),
        "bias of Conv": make_model(
            [node("Conv", ["x", "w", "b"], ["y"])],
            image,
            ["y"],
            {"w": floats(3, 2, 3, 3), "b": spoilt(value, 3)},
        ),
    }


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", sorted(layers(0)))
def test_spoilt_weights_are_refused(name: str, value: float) -> None:
    model = layers(value)[name]
    with pytest.raises(ModelError, match="hold NaN or infinity; train again, or pass --allow-nonfinite"):
        import_model(model, "model")
    assert import_model(model, "model", allow_nonfinite=True).nodes


def test_a_bias_of_its_own_is_refused_for_nan_alone() -> None:
    nodes = [node("MatMul", ["x", "w"], ["h"]), node("Add", ["h", "b"], ["y"])]
    for value, is_legal in ((np.nan, False), (-np.inf, True)):
        weights = {"w": floats(4, 3), "b": spoilt(value, 3)}
        model = make_model(nodes, {"x": floats(1, 4)}, ["y"], weights)
        if is_legal:
            assert import_model(model, "model").nodes
        else:
            with pytest.raises(ModelError, match="hold NaN or infinity"):
                import_model(model, "model")
