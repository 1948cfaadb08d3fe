"""Keras files: what is read, how the result is named, that it is the same each time, what is refused."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import warnings
import zipfile
from importlib.util import find_spec
from pathlib import Path

import h5py
import numpy as np
import onnx
import onnxruntime
import pytest

from onnx2luau.compiler.errors import MissingToolError, ModelError
from onnx2luau.compiler.tolerance import Tolerance
from onnx2luau.frontends.keras import convert, packages
from onnx2luau.frontends.keras.names import renamed
from onnx2luau.frontends.keras.steady import InsertionOrderedSet
from onnx2luau.frontends.keras.trusted import refuse_code

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


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The same small model as .keras, .h5 and SavedModel, and its answer to one sample."""
    folder = tmp_path_factory.mktemp("keras")
    model = digits()
    with packages.quiet():
        model.save(folder / "digits.keras")
        model.save(folder / "digits.h5")
        model.export(folder / "digits", verbose=False)
    sample = np.linspace(-1, 1, 8, dtype=np.float32)[None]
    return folder, sample, model.predict(sample, verbose=0)


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
    return message(error)


def stored(folder, name, *stack):
    path = folder / name
    with packages.quiet():
        keras.Sequential([keras.Input((4,), name="x"), *stack]).save(path)
    return path


# What is read, and what it is called


@pytest.mark.parametrize("name", ["digits.keras", "digits.h5", "digits"])
def test_each_kind_of_file_gives_the_models_answers(saved, name):
    folder, sample, expected = saved
    proto = convert(folder / name)
    assert proto.opset_import[0].version == 18
    np.testing.assert_allclose(answers(proto, sample)[0], expected, rtol=1e-4, atol=1e-6)


def test_a_path_may_be_text(saved):
    folder, _, _ = saved
    assert convert(str(folder / "digits.keras")).graph.name == "mnist"


@pytest.mark.parametrize(
    ("name", "output"), [("digits.keras", "digits"), ("digits.h5", "digits"), ("digits", "output_0")]
)
def test_nodes_are_called_after_their_layers(saved, name, output):
    folder, _, _ = saved
    graph = convert(folder / name).graph
    assert [value.name for value in graph.input] == ["pixels"]
    assert [value.name for value in graph.output] == [output]
    names = [node.name for node in graph.node]
    assert names[:3] == ["hidden/Gemm", "hidden/Relu", "even/ReduceMean"]
    assert names[-2:] == ["digits/Gemm", "digits/Softmax"]
    assert list(graph.node[0].input) == ["pixels", "hidden/Gemm.B", "hidden/Gemm.C"]
    assert list(graph.node[0].output) == ["hidden/Gemm"]
    assert list(graph.node[-1].output) == [output]
    assert [tensor.name for tensor in graph.initializer][:2] == ["hidden/Gemm.B", "hidden/Gemm.C"]


def test_the_shapes_are_static(saved):
    folder, _, _ = saved
    graph = convert(folder / "digits.keras").graph
    shapes = [[d.dim_value for d in v.type.tensor_type.shape.dim] for v in (graph.input[0], graph.output[0])]
    assert shapes == [[1, 8], [1, 3]]


def test_a_batch_the_model_fixes_is_kept():
    model = keras.Sequential([keras.Input(batch_shape=(4, 5)), layers.Dense(3)])
    assert convert(model).graph.input[0].type.tensor_type.shape.dim[0].dim_value == 4


def test_a_layer_keeps_its_name_beside_a_layer_with_a_number():
    x = keras.Input((4,), name="x")
    y = layers.Dense(2, name="dense")(layers.Dense(3, name="dense_1")(layers.Dense(3, name="dense_2")(x)))
    assert nodes(convert(keras.Model(x, y))) == ["dense_2/MatMul", "dense_1/MatMul", "dense/MatMul"]


def test_layers_in_models_in_models_and_shared_layers_are_told_apart():
    x = keras.Input((4,), name="x")
    encoder = keras.Sequential([keras.Input((4,)), layers.Dense(3, "relu", name="hidden")], name="encoder")
    decoder = keras.Sequential([keras.Input((3,)), layers.Dense(4, name="hidden")], name="decoder")
    y = decoder(encoder(decoder(encoder(x))))
    names = ["encoder/hidden/MatMul", "encoder/hidden/Relu", "decoder/hidden/MatMul"]
    assert nodes(convert(keras.Model(x, y))) == names + [f"{name}_1" for name in names]


def test_names_with_spaces_survive():
    model = keras.Sequential([keras.Input((4,), name="x"), layers.Dense(3, "relu", name="my layer")])
    assert nodes(convert(model)) == ["my layer/MatMul", "my layer/Relu"]
    assert model.layers[0].name == "my layer"


def test_outputs_that_share_a_name_are_numbered():
    x = keras.Input((5, 3), name="x")
    model = keras.Model(x, [x, *layers.LSTM(4, return_state=True, name="memory")(x)])
    assert [o.name for o in convert(model).graph.output] == ["x_1", "memory", "memory_1", "memory_2"]


@pytest.mark.parametrize(("layer", "operator"), [("LSTM", "LSTM"), ("GRU", "GRU"), ("SimpleRNN", "RNN")])
def test_recurrent_layers_become_one_operator(layer, operator):
    model = keras.Sequential([keras.Input((5, 3)), getattr(layers, layer)(4, name="memory")])
    kinds = [node.op_type for node in convert(model).graph.node]
    assert operator in kinds
    assert "Loop" not in kinds


def test_a_choice_between_infinity_and_a_number_stays_a_number():
    x = keras.Input((3,), name="x")
    model = keras.Model(x, keras.ops.where(x > 0, x, x / keras.ops.relu(x)))
    got = answers(convert(model), np.array([[1, 2, 3]], np.float32))[0]
    np.testing.assert_array_equal(got, [[1, 2, 3]])


# The same bytes each time


@pytest.mark.parametrize("name", ["digits.keras", "digits.h5", "digits"])
def test_the_same_file_gives_the_same_bytes(saved, name):
    folder, _, _ = saved
    assert convert(folder / name).SerializeToString() == convert(folder / name).SerializeToString()


def test_another_process_gives_the_same_bytes(tmp_path):
    x = keras.Input((6, 8), name="x")
    y = layers.MultiHeadAttention(2, 4)(x, x)
    y = layers.RNN([layers.GRUCell(4), layers.LSTMCell(3)])(layers.Conv1D(4, 3)(y))
    path = tmp_path / "model.keras"
    keras.Model(x, y).save(path)
    code = (
        "import hashlib, sys; from onnx2luau.frontends.keras import convert; "
        "print(hashlib.sha256(convert(sys.argv[1]).SerializeToString()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "5"}
    command = [sys.executable, "-c", code, path]
    other = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert other.stderr == ""
    assert other.stdout.strip() == hashlib.sha256(convert(path).SerializeToString()).hexdigest()


def test_nothing_of_the_converter_is_left_in_the_result(saved):
    folder, _, _ = saved
    proto = convert(folder / "digits.keras")
    assert proto.producer_name == "onnx2luau"
    assert b"tf2onnx" not in proto.SerializeToString()
    assert b"scope" not in proto.SerializeToString()


def test_renaming_twice_changes_nothing(saved):
    folder, _, _ = saved
    once = convert(folder / "digits.keras")
    again = renamed(once, lambda name: name.rpartition("/")[0], "mnist", ["pixels"], ["digits"])
    assert again == once


def test_an_insertion_ordered_set_is_a_set():
    items = InsertionOrderedSet("cab")
    items.add("c")
    items.update("d", "e")
    items.discard("a")
    assert "".join(items) == "cbde"
    assert "".join(items | {"f"}) == "cbdef"
    assert "".join({"e", "c"} & items) in {"ce", "ec"}
    assert "".join(items.union("x")) == "cbdex"
    assert "".join(items.intersection("xeb")) == "be"
    assert "".join(items.difference("xeb")) == "cd"
    assert items.issubset("abcdef")
    assert len(items) == 4


# What is refused, word for word

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


def test_a_layer_with_a_memory_between_predictions():
    stack = [keras.Input(batch_shape=(1, 5, 3)), layers.GRU(3, stateful=True, name="memory")]
    assert refusal(keras.Sequential(stack, name="m")) == (
        "the Keras model 'm': the layer 'memory' keeps its state from one prediction to the next "
        "(stateful=True), which a compiled model can't; build it with stateful=False"
    )


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


def test_a_folder_that_is_no_saved_model(tmp_path):
    assert refusal(tmp_path) == f"{tmp_path}: not a SavedModel folder; it has no saved_model.pb"


def test_a_damaged_saved_model(saved, tmp_path):
    path = tmp_path / "damaged"
    shutil.copytree(saved[0] / "digits", path)
    (path / "saved_model.pb").write_bytes((path / "saved_model.pb").read_bytes()[:500])
    assert refusal(path) == f"{path}: saved_model.pb is damaged; export the model again"


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


# The proof


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
