"""ONNX Runtime as the oracle: what it refuses is told in a sentence, without places in its source."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import helper

from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.onnx_runtime import reason_of
from onnx2luau.proof.oracle import Oracle
from onnx2luau.source import Source
from tests.cases import floats, make_model

node = helper.make_node
X = floats(1, 3, 4)
ONES = np.ones(3, np.float32)


def source(made: onnx.NodeProto, opset: int = 20, **constants: np.ndarray) -> Source:
    model = make_model([made], {"x": X}, ["y"], constants, opset)
    model.graph.output[0].CopyFrom(helper.make_empty_tensor_value_info("y"))
    return Source(model, "model", "", "")


LOADING = [
    (source(node("CastLike", ["x", "x"], ["y"], saturate=0)), "Attribute saturate is only used for"),
    (source(node("BatchNormalization", ["x", "s", "s", "s", "s"], ["y", "m", "v"]), s=ONES), "Node () Op (BatchNormalization) "),
    (source(node("Frobnicate", ["x"], ["y"])), "This is an invalid model. In Node"),
]  # fmt: skip
RUNNING = [(source(node("Gather", ["x", "s"], ["y"]), s=np.array([7])), "idx=7 must be within")]


def check(error: ModelError, start: str, reason: str) -> None:
    text = str(error)
    assert text.startswith(start)
    assert reason in text
    for odd in ("ONNXRuntimeError", ".cc:", ".h:", "::", "was false", "\n"):
        assert odd not in text


@pytest.mark.parametrize(("wrong", "reason"), LOADING)
def test_a_model_that_does_not_load(wrong: Source, reason: str) -> None:
    with pytest.raises(ModelError) as caught:
        Oracle(wrong)
    check(caught.value, "model: ONNX Runtime can't load this model: ", reason)


@pytest.mark.parametrize(("wrong", "reason"), RUNNING)
def test_inputs_that_it_stops_at(wrong: Source, reason: str) -> None:
    with pytest.raises(ModelError) as caught:
        Oracle(wrong).run({"x": X})
    check(caught.value, "ONNX Runtime can't run this model on such inputs: ", reason)


def test_what_a_check_in_its_source_says() -> None:
    text = (
        "[ONNXRuntimeError] : 1 : FAIL : running Reshape node. Name:'' Status Message: /src/reshape_helper.h:91 "
        "onnxruntime::ReshapeHelper::ReshapeHelper(const onnxruntime::TensorShape&, bool) size == requested was "
        "false. The input tensor cannot be reshaped. Input shape:{1,4}\n"
    )
    assert reason_of(RuntimeError(text)) == (
        "running Reshape node. Name:'' Status Message: The input tensor cannot be reshaped. Input shape:{1,4}"
    )
    assert reason_of(RuntimeError("")) == "RuntimeError"
