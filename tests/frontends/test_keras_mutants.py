"""Spoilt Keras files: each ends in a model or in one sentence."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnx2luau.compiler.errors import Onnx2LuauError
from onnx2luau.frontends.keras import packages
from tests.frontends.converted import convert
from tests.frontends.keras_mutants import mutant

if find_spec("tensorflow") is None or find_spec("tf2onnx") is None:
    pytest.skip("needs onnx2luau[keras]", allow_module_level=True)

keras = packages.keras()
layers = keras.layers


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    x = keras.Input((6, 5, 2), name="x")
    y = layers.BatchNormalization(name="even")(layers.Conv2D(3, 2, activation="relu", name="conv")(x))
    y = layers.Add(name="sum")([y, layers.Conv2D(3, 2, padding="valid", name="side")(x)])
    model = keras.Model(x, layers.Dense(2, "softmax", name="out")(layers.Flatten(name="flat")(y)), name="m")
    with packages.quiet():
        model.save(folder / "model.keras")
        model.save(folder / "model.h5")
        model.export(folder / "model", verbose=False)
    return folder


@pytest.mark.parametrize("kind", ["model.keras", "model.h5", "model"])
@given(seed=st.integers(0, 2**32))
def test_a_spoilt_file_ends_in_a_model_or_a_sentence(whole, kind, seed):
    with tempfile.TemporaryDirectory() as folder:
        path = mutant(whole / kind, Path(folder), seed)
        try:
            proto = convert(path)
        except Onnx2LuauError as error:
            sentence = str(error)
        else:
            onnx.checker.check_model(proto)
            return
    assert sentence
    assert "\n" not in sentence
    assert "Traceback" not in sentence
