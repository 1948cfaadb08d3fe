"""The config of a Keras file: nothing that it asks for is run, whatever Keras would make of it."""

from __future__ import annotations

import json
import zipfile

import h5py
import pytest

from onnx2luau.frontends.keras import packages
from onnx2luau.frontends.keras.classes import CLASSES, FUNCTIONS
from tests.frontends.converted import convert
from tests.frontends.keras_models import keras, layers, refusal

DENSE = {
    "module": "keras.layers",
    "class_name": "Dense",
    "config": {"name": "d", "units": 2},
    "registered_name": None,
}


def layer(**changes):
    return {**DENSE, **changes}


def inside(**config):
    return {**DENSE, "config": {**DENSE["config"], **config}}


def function(name, module="builtins"):
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


CONFIGS = {
    "a layer that loads a program": (
        layer(class_name="TFSMLayer", config={"name": "sly", "filepath": "."}),
        "the layer 'sly' needs Keras's class 'TFSMLayer', which isn't among those that only compute",
    ),
    "a layer around it": (
        layer(class_name="TimeDistributed", config={"name": "t", "layer": layer(class_name="TFSMLayer")}),
        "the layer 'd' needs Keras's class 'TFSMLayer', which isn't among those that only compute",
    ),
    "PyTorch": (layer(class_name="TorchModuleWrapper"), "needs Keras's class 'TorchModuleWrapper'"),
    "JAX": (layer(class_name="JaxLayer"), "needs Keras's class 'JaxLayer'"),
    "an operation that calls functions": (
        layer(module="keras.src.ops.core", class_name="Map"),
        "needs Keras's class 'Map'",
    ),
    "another module": (layer(module="os", class_name="system"), "'system', a class that Keras doesn't have"),
    "a known name in another module": (layer(module="evil"), "a class 'Dense' that is not Keras's own"),
    "a module that only begins like Keras": (
        layer(module="keras_evil.layers"),
        "a class 'Dense' that is not",
    ),
    "a known name of another package": (layer(registered_name="evil>Dense"), "a class 'Dense' that is not"),
    "a name that is none": (layer(class_name=["Dense"]), "needs Keras's class ['Dense']"),
    "a type of TensorFlow": (layer(class_name="__typespec__", module=None), "'__typespec__', a class that"),
    "a function of Python": (
        inside(activation=function("eval")),
        "'eval', a function that Keras doesn't have",
    ),
    "a function of a module": (inside(activation=function("system", "os")), "'system', a function that"),
    "a known function of a module": (inside(activation=function("relu", "os")), "'relu', a function that"),
    "a function of Keras that fetches": (
        inside(activation=function("get_file", "keras.utils")),
        "'get_file', a function that Keras doesn't have",
    ),
    "a class for an initialiser": (
        inside(kernel_initializer=layer(module="subprocess", class_name="Popen")),
        "'Popen', a class that Keras doesn't have",
    ),
    "a loss inside": (
        layer(compile_config={"loss": layer(module="evil", class_name="Loss")}),
        "'Loss', a class that Keras doesn't have",
    ),
    "a vocabulary in a file": (
        layer(class_name="IntegerLookup", config={"name": "words", "vocabulary": "/etc/passwd"}),
        "the layer 'words' would read its vocabulary from another file ('/etc/passwd')",
    ),
    "a lambda": (layer(class_name="Lambda", config={"name": "sly"}), "the layer 'sly' holds Python code"),
    "a lambda inside": (inside(activation={"class_name": "__lambda__"}), "the layer 'd' holds Python code"),
}


def model_of(one):
    inputs = {"batch_shape": [None, 4], "dtype": "float32", "name": "x"}
    stack = [layer(class_name="InputLayer", config=inputs), one]
    return {"module": "keras", "class_name": "Sequential", "config": {"name": "m", "layers": stack}}


def written(folder, kind, text):
    """A .keras or .h5 file with the text as its config."""
    path = folder / f"model.{kind}"
    if kind == "keras":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("metadata.json", '{"keras_version": "3.13.2"}')
            archive.writestr("config.json", text)
    else:
        with h5py.File(path, "w") as file:
            file.attrs["model_config"] = text
    return path


@pytest.mark.parametrize("kind", ["keras", "h5"])
@pytest.mark.parametrize("case", CONFIGS)
def test_a_config_that_asks_for_more_than_keras_layers(case, kind, tmp_path, monkeypatch):
    def loaded(*_, **__):
        raise AssertionError("Keras was asked to load the file")

    monkeypatch.setattr(keras.saving, "load_model", loaded)
    odd, message = CONFIGS[case]
    assert message in refusal(written(tmp_path, kind, json.dumps(model_of(odd))))


def test_the_loss_a_model_was_trained_with_is_not_read(tmp_path):
    path = tmp_path / "model.keras"
    model = keras.Sequential([keras.Input((4,), name="x"), layers.Dense(3)])
    model.compile("adam", loss=lambda a, b: a - b)
    with packages.quiet():
        model.save(path)
    assert [output.name for output in convert(path).graph.output] == [model.layers[-1].name]


def test_a_class_that_the_user_has_registered_is_read(tmp_path):
    @keras.saving.register_keras_serializable("tests")
    class Twice(layers.Layer):
        def call(self, x):
            return x * 2

    path = tmp_path / "model.keras"
    with packages.quiet():
        keras.Sequential([keras.Input((4,)), Twice()]).save(path)
    assert [node.op_type for node in convert(path).graph.node] == ["Mul"]


@pytest.mark.skipif(keras.version().startswith("3.13."), reason="the lists are those of Keras 3.15")
def test_the_lists_of_classes_and_functions_name_what_keras_has():
    public = [getattr(keras, module) for module in "models layers losses metrics optimizers".split()]
    public += [getattr(keras, module) for module in "initializers regularizers constraints".split()]
    public += [keras.dtype_policies, keras.quantizers, keras.optimizers.schedules, keras.random]
    parts = "core einops image linalg math nn numpy".split()
    public += [packages.import_quietly(f"keras.src.ops.{part}") for part in parts]
    public.append(packages.import_quietly("keras.src.models.functional"))
    assert [name for name in sorted(CLASSES) if not any(hasattr(module, name) for module in public)] == []
    functions = [keras.activations, keras.losses, keras.metrics]
    assert [name for name in sorted(FUNCTIONS) if not any(hasattr(m, name) for m in functions)] == []


@pytest.mark.parametrize("kind", ["keras", "h5"])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("7", "its config doesn't describe a model"),
        ("null", "its config doesn't describe a model"),
        ("[]", "its config doesn't describe a model"),
        ("{}", "its config doesn't describe a model"),
        ("{", "not a whole "),
        ("[" * 100_000, "not a whole "),
        ("9" * 5_000, "not a whole "),
        ('{"class_name": ' + "[" * 300 + "]" * 300 + "}", "nested more than 200 levels deep"),
        ('{"class_name": "Sequential", "config": 3}', "Keras can't load it"),
    ],
)
def test_a_config_that_is_no_model(kind, text, message, tmp_path):
    assert message in refusal(written(tmp_path, kind, text))
