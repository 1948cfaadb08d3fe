"""SavedModels: their signatures, and what is none."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from onnx2luau.frontends.keras import packages
from tests.frontends.converted import convert
from tests.frontends.keras_models import answers, keras, layers, nodes, refusal, tf


def test_a_folder_that_is_no_saved_model(tmp_path):
    assert refusal(tmp_path) == f"{tmp_path}: not a SavedModel folder; it has no saved_model.pb"


def test_a_damaged_saved_model(saved, tmp_path):
    path = tmp_path / "damaged"
    shutil.copytree(saved[0] / "digits", path)
    (path / "saved_model.pb").write_bytes((path / "saved_model.pb").read_bytes()[:500])
    assert refusal(path) == f"{path}: saved_model.pb is damaged; export the model again"


class Odd:
    """What TensorFlow may make of a damaged file: an object without what a model has."""

    def __init__(self, **attributes):
        vars(self).update(attributes)


@pytest.mark.parametrize(
    "loaded",
    [
        Odd(),
        Odd(signatures=None),
        Odd(signatures={"serving_default": Odd()}),
        Odd(signatures={"serving_default": Odd(structured_input_signature=())}),
        Odd(signatures={"serving_default": Odd(structured_input_signature=((), {}), structured_outputs=[{}, {}])}),
        Odd(signatures={"serving_default": Odd(structured_input_signature=((), {"x": 3}), structured_outputs={}, variables=[])}),
    ],
)  # fmt: skip
def test_what_tensorflow_makes_of_a_damaged_one(loaded, saved, monkeypatch):
    monkeypatch.setattr(tf.saved_model, "load", lambda _path: loaded)
    path = saved[0] / "digits"
    assert refusal(path).startswith(f"{path}: what TensorFlow loads is not a model (")


class Servings(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
    def double(self, x):
        return {"y": x * 2.0}


def exported(path, module, **signatures):
    with packages.quiet():
        tf.saved_model.save(module, str(path), signatures=signatures)
    return path


def test_a_saved_model_with_one_signature_of_any_name(tmp_path):
    module = Servings()
    proto = convert(exported(tmp_path / "one", module, twice=module.double))
    assert [proto.graph.input[0].name, proto.graph.output[0].name] == ["x", "y"]
    np.testing.assert_array_equal(answers(proto, np.ones((1, 2), np.float32))[0], [[2, 2]])


def test_a_saved_model_with_a_grouped_convolution(tmp_path):
    model = keras.Sequential([keras.Input((6, 5, 4)), layers.Conv2D(6, 3, groups=2, name="conv")])
    with packages.quiet():
        model.export(tmp_path / "grouped", verbose=False)
    assert nodes(convert(tmp_path / "grouped")) == ["conv/Transpose", "conv/Conv", "conv/Transpose_1"]


def test_a_saved_model_with_several_signatures(tmp_path):
    module = Servings()
    path = exported(tmp_path / "several", module, a=module.double, b=module.double)
    assert refusal(path) == (
        f"{path}: the SavedModel has several signatures (a, b) and none is called serving_default; "
        "export one of them under that name"
    )


def test_a_saved_model_without_a_signature(tmp_path):
    path = exported(tmp_path / "none", Servings())
    assert refusal(path) == f"{path}: it has no signature to serve; export it with model.export(...)"
