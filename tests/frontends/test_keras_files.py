"""Keras files that are damaged, of another kind, of Keras 2, or hold code: one sentence each."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from onnx2luau.compiler.errors import ModelError
from onnx2luau.frontends.keras import packages
from onnx2luau.frontends.keras.trusted import refuse_code
from tests.frontends.converted import convert
from tests.frontends.keras_models import answers, digits, keras, layers, refusal, stored

SAVE = "save it again with model.save(...)"


def test_a_path_that_is_not_there(tmp_path):
    path = tmp_path / "no.keras"
    assert refusal(path) == f"{path}: there is no such file or folder"


def test_a_file_of_another_kind(tmp_path):
    path = tmp_path / "model.bin"
    path.write_bytes(b"1")
    assert refusal(path) == f"{path}: not a Keras model; expected a .keras or .h5 file or a SavedModel folder"


def test_a_truncated_keras_file(saved, tmp_path):
    path = tmp_path / "cut.keras"
    whole = (saved[0] / "digits.keras").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert refusal(path) == (
        f"{path}: not a whole .keras file (a zip archive with a config.json); "
        f"it was cut short, or is something else; {SAVE}"
    )


def test_a_keras_file_without_weights(saved, tmp_path):
    path = tmp_path / "half.keras"
    with zipfile.ZipFile(saved[0] / "digits.keras") as old, zipfile.ZipFile(path, "w") as new:
        for name in ("metadata.json", "config.json"):
            new.writestr(name, old.read(name))
    assert refusal(path) == (
        f"{path}: Keras can't load it (Expected a model.weights.h5 or model.weights.npz file); {SAVE}"
    )


def test_a_keras_file_with_spoilt_weights(saved, tmp_path):
    path = tmp_path / "spoilt.keras"
    with zipfile.ZipFile(saved[0] / "digits.keras") as old, zipfile.ZipFile(path, "w") as new:
        for name in ("metadata.json", "config.json", "model.weights.h5"):
            new.writestr(name, old.read(name)[: 2000 if name.endswith("h5") else None])
    assert re.fullmatch(
        rf"{re.escape(str(path))}: the HDF5 data in it are damaged \(.+\); {re.escape(SAVE)}", refusal(path)
    )


def test_a_truncated_h5_file(saved, tmp_path):
    path = tmp_path / "cut.h5"
    path.write_bytes((saved[0] / "digits.h5").read_bytes()[:3000])
    assert re.fullmatch(
        rf"{re.escape(str(path))}: the HDF5 data in it are damaged \(.*truncated file.*\); {re.escape(SAVE)}",
        refusal(path),
    )


def test_an_h5_file_of_weights(tmp_path):
    path = tmp_path / "only.weights.h5"
    digits().save_weights(path)
    assert refusal(path) == f"{path}: holds only weights; save the whole model with model.save(...)"


@pytest.mark.parametrize("kind", ["keras", "h5"])
def test_code_in_a_file_runs_only_when_allowed(tmp_path, kind):
    double = layers.Lambda(lambda x: x * 2, output_shape=(4,), name="double")
    path = stored(tmp_path, f"code.{kind}", double)
    assert refusal(path) == (
        f"{path}: the layer 'double' holds Python code (a lambda), which would run on loading; "
        "if you trust the file, allow it with --allow-lambda"
    )
    got = answers(convert(path, allow_lambda=True), np.ones((1, 4), np.float32))[0]
    np.testing.assert_array_equal(got, np.full((1, 4), 2))


def test_code_is_found_wherever_it_is():
    activation = {"class_name": "__lambda__", "config": {"code": "4wEA"}}
    inner = {"class_name": "Dense", "config": {"name": "sly", "activation": activation}}
    outer = {"class_name": "Bidirectional", "config": {"name": "outer", "layer": inner}}
    with pytest.raises(ModelError, match="the layer 'sly' holds Python code"):
        refuse_code(Path("m"), {"class_name": "Sequential", "config": {"name": "m", "layers": [outer]}})
    refuse_code(Path("m"), {"class_name": "Sequential", "config": {"name": "m", "layers": []}})


def test_an_activation_that_keras_could_not_save(tmp_path):
    path = stored(tmp_path, "code.keras", layers.Dense(3, activation=lambda x: x * 2, name="sly"))
    assert refusal(path).startswith(
        f"{path}: Keras can't load it (Could not interpret activation function identifier: "
    )


@pytest.mark.parametrize("kind", ["keras", "h5"])
@pytest.mark.parametrize(
    ("layer", "change"),
    [
        ("LSTM", {"config": {"time_major": False}}),
        ("GRU", {"module": "tf_keras.src.layers", "class_name": "Odd"}),
    ],
)
def test_a_file_of_keras_2_that_keras_3_cannot_read(tmp_path, kind, layer, change):
    path = tmp_path / f"old.{kind}"
    with packages.quiet():
        keras.Sequential([keras.Input((5, 3)), getattr(layers, layer)(4)]).save(path)
    as_keras_2(path, change)
    assert refusal(path) == (
        f"{path}: Keras 2.15.0 wrote it, and Keras 3 can't read all of it; load it with the package tf_keras, "
        'save it with model.save("folder", save_format="tf") and compile that folder'
    )


@pytest.mark.parametrize("kind", ["keras", "h5"])
def test_a_file_of_keras_2_that_keras_3_can_read(saved, tmp_path, kind):
    folder, sample, expected = saved
    path = tmp_path / f"digits.{kind}"
    shutil.copy(folder / path.name, path)
    as_keras_2(path, {})
    np.testing.assert_allclose(answers(convert(path), sample)[0], expected, rtol=1e-4, atol=1e-6)


def as_keras_2(path, change):
    """Make a file look as Keras 2 writes it, with other words for the last layer."""

    def changed(text):
        config = json.loads(text)
        last = config["config"]["layers"][-1]
        last["config"].update(change.get("config", {}))
        last.update({key: value for key, value in change.items() if key != "config"})
        return json.dumps(config)

    if path.suffix == ".h5":
        with h5py.File(path, "a") as file:
            file.attrs["keras_version"] = "2.15.0"
            file.attrs["model_config"] = changed(file.attrs["model_config"])
        return
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["metadata.json"] = json.dumps({"keras_version": "2.15.0"}).encode()
    parts["config.json"] = changed(parts["config.json"]).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def test_an_unregistered_function(tmp_path):
    def triple(x):
        return x * 3

    path = stored(tmp_path, "triple.keras", layers.Dense(3, activation=triple))
    assert refusal(path) == (
        f"{path}: the model uses 'triple', a function that Keras doesn't have; "
        "register it with @keras.saving.register_keras_serializable() and convert from Python"
    )


@pytest.mark.parametrize("kind", ["keras", "h5"])
def test_an_unregistered_class(tmp_path, kind):
    class Mine(layers.Layer):
        def call(self, x):
            return x * 2

    path = stored(tmp_path, f"mine.{kind}", Mine(name="mine"))
    assert refusal(path) == (
        f"{path}: the model uses 'Mine', a class that Keras doesn't have; "
        "register it with @keras.saving.register_keras_serializable() and convert from Python"
    )
