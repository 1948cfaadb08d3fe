"""What a generated module offers, used and misused from Luau."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

import onnx2luau
from onnx2luau.backends.lune.lune import Lune
from tests.cases import floats, make_model

SCRIPTS = Path(__file__).parent / "luau"
TAKES = 'input "x" takes 4 numbers (1 x 4, f32)'


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("builds")
    one = make_model(
        [helper.make_node("MatMul", ["x", "w"], ["h"]), helper.make_node("Tanh", ["h"], ["y"])],
        {"x": floats(1, 4)},
        ["y"],
        {"w": floats(4, 3, seed=1)},
    )
    two = make_model(
        [
            helper.make_node("Add", ["left", "left"], ["double"]),
            helper.make_node("Not", ["flags"], ["others"]),
        ],
        {"left": floats(4), "flags": np.array([True, False])},
        ["double", "others"],
    )
    for name, model in (("one", one), ("two", two)):
        onnx.save(model, folder / f"{name}.onnx")
        onnx2luau.compile(folder / f"{name}.onnx", folder / name)
    return {name: folder / name for name in ("one", "two")}


def ask(lune: Lune, script: str, builds: dict[str, Path], **more: Any) -> Any:
    models = {name: lune.require_path(folder / "Model.luau", SCRIPTS) for name, folder in builds.items()}
    return lune.call(SCRIPTS / f"{script}.luau", {**models, **more})


def test_use(client: Lune, server: Lune, builds: dict[str, Path]) -> None:
    x = floats(1, 4, seed=2)
    expected = np.tanh(x @ floats(4, 3, seed=1)).ravel()
    for lune in (client, server):
        answer = ask(lune, "use", builds, input=[float(value) for value in x.ravel()])
        for result in ("predict", "packed", "run", "session", "sessionAfter"):
            np.testing.assert_allclose(answer[result], expected, 1e-6, err_msg=result)
        np.testing.assert_allclose(answer["batch"], [expected, expected], 1e-6)
        assert answer["emptyBatch"] == 0
        assert answer["other"] == [0, 0, 0]
        assert answer["fresh"]
        assert answer["selfTest"]
        assert answer["worst"] < 1e-5
        assert answer["inputs"] == [{"name": "x", "shape": [1, 4], "dtype": "f32"}]
        assert answer["outputs"] == [{"name": "y", "shape": [1, 3], "dtype": "f32"}]
        assert answer["metadata"]["verified"]
        assert answer["metadata"]["parameters"] == 12
        assert answer["metadata"]["multiplyAdds"] == 12
        np.testing.assert_allclose(answer["two"]["double"], 2 * x.ravel(), 1e-6)
        assert answer["two"]["others"] == [0, 1]
        np.testing.assert_allclose(answer["inputUnchanged"], x.ravel(), 1e-6)


def test_a_prediction_makes_no_garbage_but_its_result(client: Lune, builds: dict[str, Path]) -> None:
    answer = ask(client, "use", builds, input=[1, 2, 3, 4])
    # 200 results of three numbers, a table of 56 bytes and three slots of 16 each, are 21 KB.
    assert answer["garbage"] < 40


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("short", f"{TAKES}, not 3"),
        ("none", f"{TAKES}, as a table or a buffer, not a nil"),
        ("text", f"{TAKES}, as a table or a buffer, not a string"),
        ("textInside", f"{TAKES}, but element 2 is a string"),
        ("setOutside", f"{TAKES}, so there is no element 5"),
        ("setText", f"{TAKES}, but element 2 is a string"),
        ("setOfTwo", "set is for one input and one output; this model has 2 and 2, so use run"),
        ("refreshOfTwo", "refresh is for one input and one output; this model has 2 and 2, so use run"),
        ("holes", f"{TAKES}, but element 2 is a boolean"),
        ("smallBuffer", f"{TAKES}, so a buffer of 16 bytes as f32, not of 15 bytes"),
        ("session", f"{TAKES}, not 5"),
        ("batch", f"sample 2: {TAKES}, not 3"),
        ("batchOfNothing", "predictBatch takes a table of inputs, not a number"),
        ("predictOfTwo", "predict is for one input and one output; this model has 2 and 2, so use run"),
        ("missing", 'input "flags" takes 2 numbers (2, bool), but run was not given it'),
        ("unknown", 'there is no input "middle"; input "left" takes 4 numbers (4, f32)'),
        ("fraction", 'input "flags" takes 2 numbers (2, bool), but element 1 is 0.5'),
        ("runOfText", "run takes a table of inputs by name, not a string"),
        ("predictColon", "call predict with a dot: Brain.predict(...), not Brain:predict(...)"),
        ("runColon", "call run with a dot: Brain.run(...), not Brain:run(...)"),
        ("batchColon", "call predictBatch with a dot: Brain.predictBatch(...), not Brain:predictBatch(...)"),
        ("traceColon", "call trace with a dot: Brain.trace(...), not Brain:trace(...)"),
        ("sessionDot", "call predict with a colon: session:predict(...)"),
        ("runDot", "call run with a colon: session:run(...)"),
        ("setDot", "call set with a colon: session:set(...)"),
        ("beginDot", "call begin with a colon: session:begin(...)"),
        ("stepDot", "call step with a colon: session:step(...)"),
        ("answering", f"{TAKES}, not 3"),
        ("answeringMany", f"{TAKES}, not 0"),
    ],
)
def test_misuse(call: str, sentence: str, client: Lune, builds: dict[str, Path]) -> None:
    message = ask(client, "misuse", builds)[call]
    assert message.endswith(sentence)
    # The error is at the caller's level: in the script, not in the module.
    assert "misuse" in message.partition(sentence)[0]
    assert "runtime/model" not in message


def test_misuse_leaves_the_model_usable(client: Lune, builds: dict[str, Path]) -> None:
    answers = ask(client, "misuse", builds)
    assert answers["withMetatable"] == answers["after"]
    np.testing.assert_allclose(answers["after"], np.tanh([[1, 2, 3, 4]] @ floats(4, 3, seed=1)).ravel(), 1e-5)
