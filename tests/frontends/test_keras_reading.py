"""What is read of Keras, how the result is named, and that it is the same each time."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from onnx2luau.frontends.keras.names import renamed
from onnx2luau.frontends.keras.steady import InsertionOrderedSet
from tests.frontends.converted import convert
from tests.frontends.keras_models import answers, keras, layers, nodes


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
        "import hashlib, sys; from tests.frontends.converted import convert; "
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
