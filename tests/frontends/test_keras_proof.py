"""A translation is compared with Keras, quietly, and only where its packages are there."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import pytest

from onnx2luau.compiler.agreement.tolerance import Tolerance
from onnx2luau.compiler.errors import MissingToolError
from onnx2luau.frontends.keras import packages
from onnx2luau.frontends.keras.names import renamed
from tests.frontends.converted import convert
from tests.frontends.keras_models import keras, layers, message, refusal, tf


def test_a_wrong_translation_is_found(monkeypatch):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="out")], name="m")

    def spoilt(proto, *rest, **named):
        result = renamed(proto, *rest, **named)
        weights = onnx.numpy_helper.to_array(result.graph.initializer[0])
        result.graph.initializer[0].CopyFrom(
            onnx.numpy_helper.from_array(weights + np.float32(0.5), result.graph.initializer[0].name)
        )
        return result

    monkeypatch.setattr("onnx2luau.frontends.keras.names.renamed", spoilt)
    assert re.fullmatch(
        r"the Keras model 'm': tf2onnx translated it wrongly: the output 'out' differs between Keras and "
        r"ONNX Runtime, it is off by \d\.\d+; please report it with the model",
        refusal(model),
    )
    assert convert(model, tolerance=Tolerance(absolute=10)).graph.name == "m"


def test_a_translation_that_fails_when_it_is_run(monkeypatch):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="out")], name="m")

    def spoilt(proto, *rest, **named):
        result = renamed(proto, *rest, **named)
        made = result.graph.node[-1]
        made.output[0] = "before"
        result.graph.node.extend(
            [
                onnx.helper.make_node("Shape", ["before"], ["sizes"]),
                onnx.helper.make_node("Cast", ["before"], ["numbers"], to=onnx.TensorProto.INT64),
                onnx.helper.make_node("ReduceMax", ["numbers"], ["largest"], keepdims=0),
                onnx.helper.make_node("Add", ["sizes", "largest"], ["odd"]),
                onnx.helper.make_node("Add", ["odd", "sizes"], ["target"]),
                onnx.helper.make_node("Reshape", ["before", "target"], ["out"], name="out/Reshape"),
            ]
        )
        return result

    monkeypatch.setattr("onnx2luau.frontends.keras.names.renamed", spoilt)
    assert re.fullmatch(
        r"the Keras model 'm': ONNX Runtime stops at the node 'out/Reshape' in what tf2onnx made \(.+\); "
        "please report it with the model",
        refusal(model),
    )


# Packages


def test_importing_the_package_imports_no_tensorflow():
    code = (
        "import sys, onnx2luau.frontends.keras; "
        "print([name for name in ('tensorflow', 'keras', 'tf2onnx') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("package", ["tensorflow", "tf2onnx"])
def test_a_missing_package(package, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingToolError) as error:
        getattr(packages, package)()
    assert message(error).startswith(
        f"Keras models need the Python package {package}, which can't be imported"
    )
    assert message(error).endswith('; install it with: pip install "onnx2luau[keras]"')


def test_converting_is_quiet_and_leaves_the_process_as_it_was(saved, capfd):
    levels = {name: logging.getLogger(name).level for name in ("tf2onnx", "tensorflow", "absl")}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        convert(saved[0] / "digits.keras")
    assert capfd.readouterr() == ("", "")
    assert {name: logging.getLogger(name).level for name in levels} == levels
    assert not tf.config.functions_run_eagerly()
    assert "set" not in vars(sys.modules["tf2onnx.graph"])
    assert Path(saved[0] / "digits.keras").exists()
