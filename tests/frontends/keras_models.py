"""Keras models that tests share, and how they are converted."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import onnxruntime
import pytest

from onnx2luau.compiler.errors import ModelError
from onnx2luau.frontends.keras import packages
from tests.frontends.converted import convert

if find_spec("tensorflow") is None or find_spec("tf2onnx") is None:
    pytest.skip("needs onnx2luau[keras]", allow_module_level=True)

keras = packages.keras()
tf = packages.tensorflow()
layers = keras.layers


def digits():
    stack = [
        keras.Input((8,), name="pixels"),
        layers.Dense(6, "relu", name="hidden", bias_initializer="random_normal"),
        layers.LayerNormalization(name="even"),
        layers.Dense(3, "softmax", name="digits", bias_initializer="random_normal"),
    ]
    return keras.Sequential(stack, name="mnist")


def answers(proto, *values):
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, dict(zip([i.name for i in session.get_inputs()], values, strict=True)))


def nodes(proto):
    return [node.name for node in proto.graph.node]


def message(error):
    return str(error.value)


def refusal(model, **options):
    with pytest.raises(ModelError) as error:
        convert(model, **options)
    assert "\n" not in message(error)
    assert "Traceback" not in message(error)
    assert not isinstance(model, Path) or str(model) in message(error)
    return message(error)


def stored(folder, name, *stack):
    path = folder / name
    with packages.quiet():
        keras.Sequential([keras.Input((4,), name="x"), *stack]).save(path)
    return path
