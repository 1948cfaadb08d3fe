"""Layers with stateful=True: predictions in a row, against Keras's own, in ONNX Runtime and as Luau."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import onnx2luau
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.errors import ModelError
from onnx2luau.frontends import keras as frontend
from onnx2luau.frontends.keras import packages, stateful
from onnx2luau.proof.oracle import Oracle
from onnx2luau.source import Source
from tests.cases import Array, floats
from tests.test_states import SCRIPT

keras = packages.keras()
layers = keras.layers
STEPS = 4


def model(shape: tuple[int, ...], *stack: Any) -> Any:
    return keras.Sequential([keras.Input(batch_shape=shape), *stack], name="memory")


def nested() -> Any:
    """Return a model in which another remembers, too."""
    inner = model((1, 3, 4), layers.SimpleRNN(3, stateful=True, unroll=True, name="inside"))
    given = keras.Input(batch_shape=(1, 3, 2))
    x = layers.GRU(4, stateful=True, unroll=True, return_sequences=True, name="outside")(given)
    return keras.Model(given, layers.Dense(2)(inner(x)), name="nested")


def shared() -> Any:
    """Return a model that uses a layer twice in a prediction: the second time it goes on from the first."""
    memory = layers.GRU(2, stateful=True, unroll=True)
    given = keras.Input(batch_shape=(1, 3, 2))
    return keras.Model(given, layers.subtract([memory(given), memory(given)]))


def lstm() -> Any:
    return model(
        (1, 3, 2), layers.LSTM(4, stateful=True, unroll=True, name="lstm"), layers.Dense(2, name="last")
    )


UNROLLED: dict[str, Callable[[], Any]] = {
    "LSTM": lstm,
    "GRU, backwards": lambda: model((1, 3, 2), layers.GRU(3, stateful=True, unroll=True, go_backwards=True)),
    "a batch of two": lambda: model((2, 3, 2), layers.SimpleRNN(3, stateful=True, unroll=True)),
    "one model inside another": nested,
    "one layer twice": shared,
    "stacked cells": lambda: model(
        (1, 3, 2), layers.RNN([layers.LSTMCell(2), layers.GRUCell(3)], stateful=True, unroll=True)
    ),
    "dropout, which is none in inference": lambda: model(
        (1, 3, 2), layers.LSTM(3, dropout=0.5, recurrent_dropout=0.5, stateful=True, unroll=True)
    ),
    "both directions": lambda: model(
        (1, 3, 2), layers.Bidirectional(layers.GRU(2, stateful=True, unroll=True))
    ),
    "again and again within a prediction": lambda: model(
        (1, 2, 3, 2), layers.TimeDistributed(layers.GRU(2, stateful=True, unroll=True))
    ),
}
OPERATORS: dict[str, Callable[[], Any]] = {
    "LSTM": lambda: model((1, 3, 2), layers.LSTM(4, stateful=True)),
    "GRU": lambda: model((1, 3, 2), layers.GRU(4, stateful=True, return_sequences=True)),
    "RNN": lambda: model((1, 3, 2), layers.SimpleRNN(4, stateful=True)),
    "Loop": lambda: model((1, 3, 2), layers.RNN([layers.LSTMCell(2), layers.GRUCell(3)], stateful=True)),
}
NAMES = {"lstm/state_1": "lstm/state_1/next", "lstm/state_2": "lstm/state_2/next"}


def in_a_row(network: Any) -> tuple[Array, Array]:
    """Return samples, and Keras's own answers one after another, from the state it begins with."""
    x = floats(STEPS, *network.inputs[0].shape, seed=3)
    return x, np.stack([network.predict(each, verbose=0) for each in x])


@pytest.mark.parametrize("name", UNROLLED)
def test_predictions_in_a_row(name: str, tmp_path: Path, client: Lune) -> None:
    network = UNROLLED[name]()
    build = onnx2luau.compile(network, tmp_path / "build")
    assert build.manifest.states
    x, expected = in_a_row(network)
    module = client.require_path(tmp_path / "build" / "Model.luau")
    told = client.call(SCRIPT, {"model": module, "steps": [step.ravel().tolist() for step in x]})
    for way in ("inOrder", "sideBySide", "disturbed"):
        np.testing.assert_allclose(told[way], expected.reshape(STEPS, -1), 1e-4, 1e-5, err_msg=way)


@pytest.mark.parametrize("name", OPERATORS)
def test_as_operators_of_onnx(name: str) -> None:
    """The states go into ONNX's own operator and come out of it."""
    network = OPERATORS[name]()
    converted = frontend.convert(network)
    assert name in {node.op_type for node in converted.model.graph.node}
    x, expected = in_a_row(network)
    oracle = Oracle(Source(converted.model, name, "", "", states=converted.states))
    given = converted.model.graph.input[0].name
    actual = [oracle.run({given: each})[oracle.outputs[0]] for each in x]
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_files(ending: str, tmp_path: Path) -> None:
    """A network begins with zeros, whatever its states were when it was saved."""
    network = lstm()
    x, expected = in_a_row(network)
    network.save(tmp_path / f"m.{ending}")
    build = onnx2luau.compile(tmp_path / f"m.{ending}", tmp_path / "build", outputs=["last"])
    assert build.manifest.states == NAMES
    assert [port["name"] for port in build.manifest.outputs] == ["last"]
    (actual,) = build.run(x).values()
    np.testing.assert_allclose(actual, expected.reshape(actual.shape), rtol=1e-4, atol=1e-5)


def test_a_state_of_the_models_own_besides(tmp_path: Path) -> None:
    """What `states` asks for comes on top of what layers keep."""
    x, past = keras.Input(batch_shape=(1, 3, 2), name="x"), keras.Input(batch_shape=(1, 2), name="past")
    kept = layers.GRU(2, stateful=True, unroll=True, name="gru")(x)
    now = layers.Dense(2, name="now")(layers.add([kept, past]))
    network = keras.Model([x, past], [layers.Dense(1, name="out")(now), now])
    build = onnx2luau.compile(network, tmp_path / "build", states={"past": "now"})
    assert build.manifest.states == {"gru/state": "gru/state/next", "past": "now"}
    steps = floats(STEPS, 1, 3, 2, seed=3)
    expected, state = [], np.zeros((1, 2), np.float32)
    for each in steps:
        answer, state = network.predict([each, state], verbose=0)
        expected.append(answer)
    (actual,) = build.run(steps).values()
    np.testing.assert_allclose(actual, np.reshape(expected, actual.shape), rtol=1e-4, atol=1e-5)


def test_the_model_itself_remembers_what_it_did() -> None:
    """Predictions that are made to compare leave no trace in the Keras model."""
    network = lstm()
    in_a_row(network)
    before = [np.array(state.numpy()) for state in network.layers[0].states]
    assert all(state.any() for state in before)
    frontend.convert(network)
    for state, value in zip(network.layers[0].states, before, strict=True):
        np.testing.assert_array_equal(state.numpy(), value)


def test_predictions_in_a_row_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two states that change places are right in each single step, and wrong from the second one on."""
    right = stateful._stateless

    def swapped(*arguments: Any) -> stateful.Call:
        def call(values: Any) -> list[Any]:
            *outputs, first, second = right(*arguments)(values)
            return [*outputs, second, first]

        return call

    monkeypatch.setattr(stateful, "_stateless", swapped)
    with pytest.raises(ModelError, match="the output 'last' differs between Keras and ONNX Runtime"):
        frontend.convert(lstm())


def test_a_model_without_memory_has_no_states() -> None:
    assert frontend.convert(model((1, 3), layers.Dense(2))).states == {}


def test_names_are_distinct() -> None:
    """An input may be called as a state would be."""
    given = keras.Input(batch_shape=(1, 3, 2))
    x = layers.LSTM(2, stateful=True, unroll=True, name="lstm")(given)
    converted = frontend.convert(keras.Model({"lstm/state_1": given}, x))
    names = [each.name for each in (*converted.model.graph.input, *converted.model.graph.output)]
    assert len(set(names)) == len(names)
    assert list(converted.states) == ["lstm/state_1_1", "lstm/state_2"]
    onnx.checker.check_model(converted.model)
