"""Keras models that no ONNX graph can say: refused by the name of what is in the way."""

from __future__ import annotations

import pytest

from tests.frontends.keras_models import keras, layers, refusal, tf


@pytest.mark.parametrize(
    ("layer", "dtype", "operator"),
    [
        (lambda: layers.IntegerLookup(vocabulary=[3, 4], name="odd"), "int64", "LookupTableFindV2"),
        (lambda: layers.Hashing(3, name="odd"), "int64", "StringToHashBucketFast"),
        (lambda: layers.Lambda(lambda x: tf.bitcast(x, "int32"), name="odd"), "float32", "Bitcast"),
    ],
)
def test_a_layer_that_onnx_has_no_operator_for(layer, dtype, operator):
    model = keras.Sequential([keras.Input((4,), dtype=dtype), layer()], name="m")
    assert refusal(model) == (
        f"the Keras model 'm': the layer 'odd' uses TensorFlow's {operator}, which ONNX doesn't have; "
        "move it out of the model into the preparation of its input, or use another layer"
    )


def test_an_open_dimension():
    model = keras.Sequential([keras.Input((None, 3), name="sound"), layers.Conv1D(2, 2)], name="m")
    assert refusal(model) == (
        "the Keras model 'm': dimension 1 of the input 'sound' (?x?x3) is open; "
        "build the model with a fixed size there"
    )


def test_an_input_of_text():
    model = keras.Sequential([keras.Input((1,), dtype="string", name="text"), layers.Identity()], name="m")
    assert refusal(model) == (
        "the Keras model 'm': the input 'text' takes text, and a compiled model takes only numbers"
    )


def test_a_model_without_a_shape():
    assert refusal(keras.Sequential([layers.Dense(3)], name="m")) == (
        "the Keras model 'm': the model has no input shape yet; "
        "give it a keras.Input, or call it once, before converting"
    )


class Counter(layers.Layer):
    stateful = True

    def call(self, x):
        return x


def test_a_layer_with_a_memory_of_its_own():
    stack = [keras.Input(batch_shape=(1, 5)), Counter(name="memory")]
    assert refusal(keras.Sequential(stack, name="m")) == (
        "the Keras model 'm': the layer 'memory' keeps a state from one prediction to the next (stateful=True) "
        "of which nothing is known; build it of Keras's recurrent layers, or with stateful=False"
    )


class Tally(layers.Layer):
    """Counts its predictions in a variable."""

    def build(self, shape):
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")

    def call(self, x):
        self.count.assign(self.count + 1.0)
        return x + self.count


class Hiding(layers.Layer):
    """Uses a recurrent layer that Keras doesn't list as a part of it."""

    def __init__(self, **options):
        super().__init__(**options)
        memory = layers.GRU(2, stateful=True, unroll=True, name="hidden")
        self.memory = lambda: memory

    def build(self, shape):
        self.memory().build((shape[0], 1, shape[1]))

    def call(self, x):
        return self.memory()(x[:, None])


class Noisy(layers.Dropout):
    def call(self, x, training=False):
        return super().call(x, training=True)


@pytest.mark.parametrize(
    ("layer", "reason"),
    [
        (
            Tally,
            "the variable 'm/odd/count' is written in a prediction, and a compiled model keeps only the states "
            "of recurrent layers that Keras lists in it; build it without",
        ),
        (
            Hiding,
            "the variable 'm/odd/hidden/rnn_state' is written in a prediction, and a compiled model keeps only "
            "the states of recurrent layers that Keras lists in it; build it without",
        ),
        (
            lambda name: Noisy(0.5, name=name),
            "the layer 'odd' uses TensorFlow's StatelessRandomGetKeyCounter, which ONNX doesn't have; "
            "move it out of the model into the preparation of its input, or use another layer",
        ),
    ],
)
def test_what_else_changes_beside_a_layer_that_remembers(layer, reason):
    """The scope in which states are inputs and outputs would keep quiet about all of these."""
    memory = layers.GRU(2, stateful=True, unroll=True)
    model = keras.Sequential([keras.Input(batch_shape=(1, 3, 2)), memory, layer(name="odd")], name="m")
    assert refusal(model) == f"the Keras model 'm': {reason}"


def test_a_layer_in_bfloat16():
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(8, dtype="mixed_bfloat16", name="brain")], name="m"
    )
    assert refusal(model) == (
        "the Keras model 'm': the layer 'brain' computes in bfloat16, which ONNX Runtime can't; "
        "build it with the float32 dtype policy and load the weights into it"
    )


def test_a_layer_that_fails_says_why():
    class Broken(layers.Layer):
        def call(self, x):
            if x.shape[0] == 1:
                raise ValueError("it is broken.\nReally.")
            return x

    model = keras.Sequential([keras.Input((4,)), Broken()], name="m")
    assert refusal(model) == "the Keras model 'm': TensorFlow can't trace the model (it is broken)"
