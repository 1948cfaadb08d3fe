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


NORMALIZATIONS = {
    "BatchNormalization": (4, {}, 15),
    "LayerNormalization": (2, {"axis": 1}, 17),
    "GroupNormalization": (2, {"num_groups": 1}, 21),
    "RMSNormalization": (1, {"axis": 1}, 23),
}
"""How many trained operands each has, its attributes, and an opset that has it."""


def normalization(operator: str, place: int, value: float, *, is_computed: bool = False) -> onnx.ModelProto:
    """Return a model of one with `value` in an operand, perhaps one that is computed while compiling."""
    count, attributes, opset = NORMALIZATIONS[operator]
    names = [f"w{index}" for index in range(count)]
    constants = {name: np.abs(floats(3, seed=index)) for index, name in enumerate(names)}
    constants[names[place]] = spoilt(value, 3)
    nodes = [node(operator, ["x", *names], ["y"], name="layer", **attributes)]
    if is_computed:
        nodes = [node("Neg", [names[place]], ["n"]), *nodes]
        nodes[1].input[1 + place] = "n"
    shape = (1, 3) if "axis" in attributes else (1, 3, 4)
    return make_model(nodes, {"x": floats(*shape)}, ["y"], constants, opset)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("operator", "place"),
    [(operator, place) for operator, (count, *_) in NORMALIZATIONS.items() for place in range(count)],
)
def test_spoilt_statistics_are_refused(operator: str, place: int, value: float) -> None:
    for is_computed in (False, True):
        model = normalization(operator, place, value, is_computed=is_computed)
        name = "n" if is_computed else f"w{place}"
        with pytest.raises(
            ModelError, match=f"'{name}' of the {operator} at node 'layer' holds NaN or infinity"
        ):
            import_model(model, "model")
        assert import_model(model, "model", allow_nonfinite=True).nodes


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", sorted(layers(0)))
def test_spoilt_weights_are_refused(name: str, value: float) -> None:
    model = layers(value)[name]
    with pytest.raises(ModelError, match="hold NaN or infinity; train again, or pass --allow-nonfinite"):
        import_model(model, "model")
    assert import_model(model, "model", allow_nonfinite=True).nodes


@pytest.mark.parametrize("operator", ["Add", "Sub", "Mul", "Div"])
@pytest.mark.parametrize("before", ["MatMul", "Relu"])
def test_an_operand_of_its_own_is_refused_for_nan_alone(before: str, operator: str) -> None:
    """As normalisations are written out by exporters; an infinity may be a mask."""
    first = node("MatMul", ["x", "w"], ["h"]) if before == "MatMul" else node("Relu", ["x"], ["h"])
    nodes = [first, node(operator, ["h", "b"], ["y"])]
    for value, is_legal in ((np.nan, False), (-np.inf, True)):
        weights = {"w": floats(4, 4), "b": spoilt(value, 4)}
        model = make_model(nodes, {"x": floats(1, 4)}, ["y"], weights)
        if is_legal:
            assert import_model(model, "model").nodes
        else:
            with pytest.raises(ModelError, match="hold NaN or infinity"):
                import_model(model, "model")


def test_nan_of_the_model_itself_is_legal() -> None:
    """No training has spoilt what divides by zero as it was designed; what reads spoilt weights is spoilt."""
    nodes = [
        node("Mod", ["one", "zero"], ["m"], fmod=1),
        node("Neg", ["m"], ["n"]),
        node("Mul", ["x", "n"], ["y"]),
    ]
    weights = {"one": np.ones(4, np.float32), "zero": np.zeros(4, np.float32)}
    assert import_model(make_model(nodes, {"x": floats(1, 4)}, ["y"], weights), "model").nodes
    weights["one"][2] = np.nan
    with pytest.raises(ModelError, match="hold NaN or infinity"):
        import_model(make_model(nodes, {"x": floats(1, 4)}, ["y"], weights), "model")


def test_a_variance_without_a_root_is_refused() -> None:
    """Without a warning of numpy."""
    model = normalization("BatchNormalization", 3, -1.0)
    with pytest.raises(ModelError, match="the weights of 'layer' hold NaN or infinity"):
        import_model(model, "model")
    assert import_model(model, "model", allow_nonfinite=True).nodes
