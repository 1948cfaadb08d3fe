"""Golden Luau for a few tiny models: a change of the generated code is seen, and is meant.

`pytest tests/test_golden.py --update-golden` (or `make golden`) writes them anew. Each is proved against ONNX
Runtime under Lune before it is compared, so that a golden file is never wrong code.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.lune.lune import Lune
from tests.cases import Case, floats, make_model, prove
from tests.stylua import assert_formatted

GOLDEN = Path(__file__).parent / "golden"


def brain() -> Case:
    """Return a dense network with a bias and two activations."""
    weights = {"w0": floats(3, 8), "b0": floats(8, seed=1), "w1": floats(8, 2, seed=2)}
    nodes = [
        helper.make_node("Gemm", ["senses", "w0", "b0"], ["h"], name="hidden/Gemm"),
        helper.make_node("Relu", ["h"], ["r"], name="hidden/Relu"),
        helper.make_node("MatMul", ["r", "w1"], ["m"], name="actions/MatMul"),
        helper.make_node("Softmax", ["m"], ["actions"], name="actions/Softmax"),
    ]
    return _case("brain", nodes, {"senses": floats(1, 3, seed=3)}, weights)


def picture() -> Case:
    """Return a convolution with borders, a pool and a dense layer."""
    weights = {"k": floats(2, 1, 3, 3), "w": floats(8, 2, seed=1)}
    nodes = [
        helper.make_node("Conv", ["pixels", "k"], ["c"], name="conv/Conv", pads=[1, 1, 1, 1]),
        helper.make_node("LeakyRelu", ["c"], ["l"], name="conv/LeakyRelu", alpha=0.1),
        helper.make_node("MaxPool", ["l"], ["p"], name="pool/MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["p"], ["f"], name="flatten/Flatten"),
        helper.make_node("MatMul", ["f", "w"], ["classes"], name="classes/MatMul"),
    ]
    return _case("picture", nodes, {"pixels": floats(1, 1, 4, 4, seed=2)}, weights)


def arithmetic() -> Case:
    """Return two inputs, broadcasting, a transpose and two outputs."""
    inputs = {"left": floats(2, 3), "right": floats(3, seed=1)}
    nodes = [
        helper.make_node("Mul", ["left", "right"], ["m"], name="scale/Mul"),
        helper.make_node("Transpose", ["m"], ["turned"], name="turn/Transpose", perm=[1, 0]),
        helper.make_node("ReduceMean", ["turned"], ["mean"], name="mean/ReduceMean", keepdims=1),
        helper.make_node("Sigmoid", ["turned"], ["s"], name="squash/Sigmoid"),
        helper.make_node("Sub", ["s", "mean"], ["difference"], name="centre/Sub"),
    ]
    model = make_model(nodes, inputs, ["difference", "mean"])
    return Case("arithmetic", model, {name: array[None] for name, array in inputs.items()})


def _case(name: str, nodes: list, inputs: dict, weights: dict) -> Case:  # type: ignore[type-arg]
    model = make_model(nodes, inputs, [nodes[-1].output[0]], weights)
    return Case(name, model, {key: np.asarray(array)[None] for key, array in inputs.items()})


@pytest.mark.parametrize(
    ("tested", "options"),
    [
        (brain(), Options()),
        (brain(), Options(schedules={"hidden": "registers", "actions": "registers"})),
        (brain(), Options("server", "f16", "table", {"hidden": "rows", "actions": "rows"})),
        (picture(), Options()),
        (arithmetic(), Options()),
    ],
    ids=["brain", "brain_registers", "brain_rows", "picture", "arithmetic"],
)
def test_golden(
    tested: Case,
    options: Options,
    tmp_path: Path,
    lunes: dict[str, Lune],
    request: pytest.FixtureRequest,
) -> None:
    prove(tested, tmp_path, lunes[options.target], options)
    assert_formatted(tmp_path)
    golden = GOLDEN / f"{request.node.callspec.id}.luau"
    text = (tmp_path / "Model.luau").read_text("ascii")
    if request.config.getoption("--update-golden"):
        golden.write_text(text, "ascii", newline="\n")
    assert text == golden.read_text("ascii"), "the generated code changed; if that is meant, `make golden`"
