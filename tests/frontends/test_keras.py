"""Keras models to ONNX: each layer against Keras's own predictions."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import onnx
import onnxruntime
import pytest

from onnx2luau.frontends.keras import packages
from tests.frontends.converted import convert

if find_spec("tensorflow") is None or find_spec("tf2onnx") is None:
    pytest.skip("needs onnx2luau[keras]", allow_module_level=True)

keras = packages.keras()
layers = keras.layers

ACTIVATIONS = """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_swish hard_tanh leaky_relu linear log_sigmoid
    log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparsemax
    squareplus tanh tanh_shrink
"""

SEQUENCES = {
    "conv1d same": ((9, 3), lambda: [layers.Conv1D(4, 3, padding="same", strides=2)]),
    "conv1d causal, dilated": ((9, 3), lambda: [layers.Conv1D(4, 3, padding="causal", dilation_rate=2)]),
    "conv1d groups": ((9, 4), lambda: [layers.Conv1D(4, 3, groups=2)]),
    "conv2d same, strides": ((9, 8, 3), lambda: [layers.Conv2D(4, 3, padding="same", strides=2)]),
    "conv2d valid, strides": (
        (9, 8, 3),
        lambda: [layers.Conv2D(4, (3, 2), strides=(2, 1), activation="relu")],
    ),
    "conv2d dilated": ((9, 8, 3), lambda: [layers.Conv2D(4, 3, dilation_rate=(2, 1), padding="same")]),
    "conv2d groups": ((6, 5, 4), lambda: [layers.Conv2D(6, 3, groups=2)]),
    "conv2d depthwise": ((6, 5, 4), lambda: [layers.DepthwiseConv2D(3, depth_multiplier=2)]),
    "conv2d separable": ((6, 5, 4), lambda: [layers.SeparableConv2D(5, 3)]),
    "conv2d transpose": ((4, 3, 3), lambda: [layers.Conv2DTranspose(4, 3, strides=2, padding="same")]),
    "conv2d channels first": ((3, 8, 7), lambda: [layers.Conv2D(4, 3, data_format="channels_first")]),
    "conv3d": ((4, 4, 4, 2), lambda: [layers.Conv3D(3, 2)]),
    "max pool 1d": ((9, 3), lambda: [layers.MaxPooling1D(2, padding="same")]),
    "max pool 2d": ((9, 8, 3), lambda: [layers.MaxPooling2D(2)]),
    "average pool 2d, same": ((9, 8, 3), lambda: [layers.AveragePooling2D(2, padding="same")]),
    "global pools": ((9, 3), lambda: [layers.Conv1D(4, 2), layers.GlobalAveragePooling1D()]),
    "global max pool": ((5, 4, 3), lambda: [layers.GlobalMaxPooling2D()]),
    "batch normalization": (
        (6, 5, 3),
        lambda: [layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU()],
    ),
    "shapes": ((4, 6), lambda: [layers.Flatten(), layers.Reshape((3, 8)), layers.Permute((2, 1))]),
    "padding and cropping": ((4, 5, 2), lambda: [layers.ZeroPadding2D(2), layers.Cropping2D(1)]),
    "up sampling": (
        (3, 4, 2),
        lambda: [layers.UpSampling2D(2), layers.UpSampling2D(2, interpolation="bilinear")],
    ),
    "training only": ((4,), lambda: [layers.Dropout(0.5), layers.GaussianNoise(0.1), layers.Dense(3)]),
    "leaky relu": ((4, 5), lambda: [layers.LeakyReLU(0.2)]),
    "elu": ((4, 5), lambda: [layers.ELU(0.7)]),
    "prelu": ((4, 5), lambda: [layers.PReLU("random_normal", shared_axes=[1])]),
    "softmax": ((4, 5), lambda: [layers.Softmax(axis=1)]),
    "relu with limits": ((4, 5), lambda: [layers.ReLU(6, negative_slope=0.1, threshold=0.5)]),
    "layer normalization": ((4, 5), lambda: [layers.LayerNormalization()]),
    "layer normalization of one pixel": (
        (3, 3, 3),
        lambda: [layers.Conv2D(4, 3), layers.LayerNormalization()],
    ),
    "group normalization": ((4, 6), lambda: [layers.GroupNormalization(2)]),
    "embedding of floats": ((5,), lambda: [layers.Embedding(7, 4), layers.Flatten(), layers.Dense(3)]),
    "discretization": ((4,), lambda: [layers.Discretization([-0.5, 0.0, 0.5])]),
    "rescaling": ((4,), lambda: [layers.Rescaling(1 / 255, 0.1)]),
    "lstm": ((5, 3), lambda: [layers.LSTM(4)]),
    "lstm of lstm": ((5, 3), lambda: [layers.LSTM(4, return_sequences=True), layers.LSTM(2, use_bias=False)]),
    "lstm with other activations": ((5, 3), lambda: [layers.LSTM(4, recurrent_activation="hard_sigmoid")]),
    "gru": ((5, 3), lambda: [layers.GRU(4)]),
    "gru, reset before": ((5, 3), lambda: [layers.GRU(4, reset_after=False)]),
    "gru backwards": ((5, 3), lambda: [layers.GRU(4, go_backwards=True, return_sequences=True)]),
    "gru both ways": ((5, 3), lambda: [layers.Bidirectional(layers.GRU(4, return_sequences=True))]),
    "simple rnn": ((5, 3), lambda: [layers.SimpleRNN(4), layers.Dense(2)]),
    "simple rnn with relu": ((5, 3), lambda: [layers.SimpleRNN(4, activation="relu")]),
    "mixed precision": ((6,), lambda: [layers.Dense(8, "relu", dtype="mixed_float16"), layers.Dense(3)]),
}


def two_and_two():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = layers.Dense(5, "relu", name="shared")
    x, y = shared(a), shared(b)
    one = layers.Dense(2, name="one")(layers.Concatenate()([x, y]))
    two = layers.Dense(3, "softmax", name="two")(layers.Multiply()([layers.Add()([x, y]), y]))
    return keras.Model([a, b], [one, two])


def dictionaries():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    return keras.Model({"b": b, "a": a}, {"z": layers.Dense(2, name="one")(a - b), "k": a * b + 1.0})


def attention():
    x = keras.Input((5, 8), name="x")
    return keras.Model(x, layers.MultiHeadAttention(2, 4, name="attend")(x, x, use_causal_mask=True))


def states():
    x = keras.Input((5, 3), name="x")
    return keras.Model(x, layers.LSTM(4, return_sequences=True, return_state=True, name="memory")(x))


def words(mask: bool = False):
    head = [layers.LSTM(3)] if mask else [layers.GlobalAveragePooling1D(), layers.Dense(2)]
    ids = keras.Input((5,), dtype="int32", name="words")
    return keras.Sequential([ids, layers.Embedding(7, 4, mask_zero=mask), *head])


def normalization():
    layer = layers.Normalization()
    layer.adapt(np.random.default_rng(0).random((20, 4)))
    return keras.Sequential([keras.Input((4,), name="x"), layer, layers.Dense(2)])


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.first = layers.Dense(3, "relu", name="first")
        self.second = layers.Dense(2, name="second")

    def call(self, x):
        return {"p": self.second(self.first(x)), "q": self.first(x)}


def subclassed():
    model = Subclassed()
    model(np.zeros((1, 4), np.float32))
    return model


MODELS = {
    "two inputs and outputs": two_and_two,
    "dictionaries": dictionaries,
    "attention": attention,
    "states": states,
    "words": words,
    "masked words": lambda: words(mask=True),
    "normalization": normalization,
    "subclassed": subclassed,
}
for _name in ("Average", "Concatenate", "Maximum", "Minimum", "Subtract"):
    MODELS[_name] = lambda name=_name: keras.Model(
        ab := [keras.Input((4,), name="a"), keras.Input((4,), name="b")], getattr(layers, name)()(ab)
    )


def sequential(shape, stack):
    return keras.Sequential([keras.Input(shape, name="x"), *stack])


def randomised(model):
    """Give every weight its own value, so that zero biases and unit scales hide nothing."""
    random = np.random.default_rng(7)
    for weight in model.weights:
        if weight.dtype == "float32":
            low = 0.1 if "variance" in weight.name else -0.5
            weight.assign(random.uniform(low, 0.5, weight.shape))
    return model


def agrees(model, proto, tolerance=1e-4):
    """Compare with model.predict on samples of the test's own, through a session of its own."""
    onnx.checker.check_model(proto, full_check=True)
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    random = np.random.default_rng(3)
    whole = any(isinstance(layer, layers.Embedding) for layer in model.layers)
    feeds = {}
    for value in session.get_inputs():
        sample = random.integers(0, 7, value.shape) if whole else random.standard_normal(value.shape)
        feeds[value.name] = sample.astype(np.int32 if "int32" in value.type else np.float32)
    given = list(feeds.values()) if isinstance(getattr(model, "input", None), list) else feeds
    expected = keras.tree.flatten(
        model.predict(next(iter(feeds.values())) if len(feeds) == 1 else given, verbose=0)
    )
    got = session.run(None, feeds)
    assert len(got) == len(expected)
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=max(1e-5, tolerance / 10))


@pytest.mark.parametrize("activation", ACTIVATIONS.split())
def test_a_dense_layer_with_each_activation_agrees(activation):
    model = randomised(sequential((6,), [layers.Dense(8, activation)]))
    agrees(model, convert(model))


@pytest.mark.parametrize("case", SEQUENCES)
def test_each_layer_agrees_with_keras(case):
    shape, stack = SEQUENCES[case]
    model = randomised(sequential(shape, stack()))
    proto = convert(model)
    if "channels first" in case:
        model.compile(jit_compile=True)  # TensorFlow runs these on a CPU only so
    assert {operator.domain for operator in proto.opset_import} == {""}
    assert proto.graph.input[0].type.tensor_type.shape.dim[0].dim_value == 1
    agrees(model, proto, tolerance=2e-2 if case == "mixed precision" else 1e-4)


@pytest.mark.parametrize("case", MODELS)
def test_each_model_agrees_with_keras(case):
    model = randomised(MODELS[case]())
    agrees(model, convert(model))
