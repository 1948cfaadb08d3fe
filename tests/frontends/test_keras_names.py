"""What Keras models call their inputs and outputs, in ONNX and in builds."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

import onnx2luau
from onnx2luau.frontends.keras import packages
from tests.frontends.converted import convert

if find_spec("tensorflow") is None or find_spec("tf2onnx") is None:
    pytest.skip("needs onnx2luau[keras]", allow_module_level=True)

keras = packages.keras()
layers = keras.layers


def two():
    return keras.Input((4,), name="left"), keras.Input((4,), name="right")


def lists():
    a, b = two()
    return keras.Model([a, b], [layers.Dense(2, name="one")(a), layers.Dense(3, name="two")(b)])


def a_dictionary_of_outputs():
    a, b = two()
    return keras.Model(
        [a, b], {"score": layers.Dense(2, name="one")(a - b), "aim": layers.Add(name="two")([a, b])}
    )


def dictionaries():
    a, b = keras.Input((4,), name="x"), keras.Input((4,), name="y")
    outputs = {"z": layers.Dense(2, name="one")(a - b), "k": layers.Add(name="two")([a, b])}
    return keras.Model({"y": b, "x": a}, outputs)


def other_keys():
    a, b = two()
    return keras.Model({"b": b, "a": a}, {"out": layers.Subtract(name="one")([a, b])})


def nested():
    a, b = two()
    outputs = {"z": {"q": layers.Dense(2, name="one")(a), "r": b * 2.0}, "k": [a + b, a - b]}
    return keras.Model({"in": [a, b]}, outputs)


def one_layer_with_several():
    x = keras.Input((4, 3), name="x")
    parts = layers.Dense(3, name="same")
    return keras.Model(x, [parts(x), parts(x + 1.0)])


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3, name="dense")

    def call(self, x):
        return {"p": self.dense(x), "q": [x, x * 2.0]}


def subclassed():
    model = Subclassed()
    model(np.zeros((1, 4), np.float32))
    return model


MODELS = {
    lists: (["left", "right"], ["one", "two"]),
    a_dictionary_of_outputs: (["left", "right"], ["aim", "score"]),
    dictionaries: (["x", "y"], ["k", "z"]),
    other_keys: (["a", "b"], ["out"]),
    nested: (["in_0", "in_1"], ["k_0", "k_1", "z_q", "z_r"]),
    one_layer_with_several: (["x"], ["same", "same_1"]),
    subclassed: (["input"], ["p", "q_0", "q_1"]),
}


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")
@pytest.mark.parametrize("make", MODELS)
def test_inputs_and_outputs_are_called_by_their_keys_or_layers(make):
    inputs, outputs = MODELS[make]
    graph = convert(make()).graph
    assert [value.name for value in graph.input] == inputs
    assert [value.name for value in graph.output] == outputs


@pytest.mark.parametrize("kind", ["model.keras", "model"])
def test_a_build_takes_and_gives_the_keys_of_dictionaries(kind, tmp_path):
    model = dictionaries()
    with packages.quiet():
        model.save(tmp_path / kind) if "keras" in kind else model.export(tmp_path / kind, verbose=False)
    build = onnx2luau.compile(tmp_path / kind, tmp_path / "build", samples=2)
    random = np.random.default_rng(5)
    feed = {name: random.standard_normal((3, 4)).astype(np.float32) for name in ("x", "y")}
    expected = model.predict(feed, verbose=0)
    got = build.run(feed)
    assert set(got) == set(expected) == {"k", "z"}
    for name, value in expected.items():
        np.testing.assert_allclose(got[name], value, rtol=1e-4, atol=1e-5)
