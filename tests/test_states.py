"""Networks that remember: their sessions, their proof, and how they are asked for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

import onnx2luau
from onnx2luau.backends.luau.options import TARGETS
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.backends.numpy import Steps
from onnx2luau.compiler.ir.text import parse, print_graph
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from onnx2luau.proof.oracle import Oracle
from onnx2luau.source import Source
from tests.bodies import lstm_step
from tests.cases import Array, floats, make_model
from tests.command_line import onnx2luau as command

SCRIPT = Path(__file__).parent / "luau" / "states.luau"
STATES = {"h": "h2", "c": "c2"}


def recurrent() -> onnx.ModelProto:
    """Return a policy of one step: an LSTM whose states come and go, and an answer."""
    nodes, weights = lstm_step(3, 4)
    nodes.append(helper.make_node("Gemm", ["h2", "V"], ["y"], "answer"))
    weights["V"] = floats(4, 2, seed=9)
    inputs = {"x": floats(1, 3), "h": floats(1, 4), "c": floats(1, 4)}
    return make_model(nodes, inputs, ["y", "h2", "c2"], weights)


def answers(steps: Array) -> Array:
    """Return what ONNX Runtime answers, given its own states again."""
    oracle = Oracle(Source(recurrent(), "recurrent", "", ""))
    state = {"h": np.zeros((1, 4), np.float32), "c": np.zeros((1, 4), np.float32)}
    found = []
    for step in steps:
        made = oracle.run({"x": step, **state})
        state = {past: made[present] for past, present in STATES.items()}
        found.append(made["y"].ravel())
    return np.array(found)


@pytest.mark.parametrize("target", TARGETS)
def test_sessions_remember(target: str, tmp_path: Path, lunes: dict[str, Lune]) -> None:
    build = onnx2luau.compile(recurrent(), tmp_path / "build", target=target, states=STATES)
    assert build.manifest.states == STATES
    assert [port["name"] for port in build.manifest.inputs] == ["x"]
    assert build.verify(floats(5, 1, 3)).agrees
    steps = floats(6, 1, 3, seed=3)
    lune = lunes[target]
    model = lune.require_path(tmp_path / "build" / "Model.luau")
    told = lune.call(SCRIPT, {"model": model, "steps": [step.ravel().tolist() for step in steps]})
    expected = answers(steps)
    for way in ("inOrder", "sideBySide", "disturbed"):
        np.testing.assert_allclose(told[way], expected, 1e-4, 1e-5, err_msg=way)
    np.testing.assert_allclose(told["alone"], [answers(step[None])[0] for step in steps], 1e-4, 1e-5)
    assert told["isFine"]


def test_the_proof_goes_from_sample_to_sample(tmp_path: Path) -> None:
    """A build that forgets is found, though it answers the first sample as it should."""
    build = onnx2luau.compile(recurrent(), tmp_path / "build", states=STATES)
    network = tmp_path / "build" / "runtime" / "network.luau"
    text = network.read_text()
    assert text.count("\t\t\tremember(tensors)\n") == 2
    network.write_text(text.replace("\t\t\tremember(tensors)\n", ""))
    assert not build.verify(floats(5, 1, 3)).agrees


def test_layers_and_times_of_a_model_that_remembers(tmp_path: Path) -> None:
    """`verify --layers` begins with the first states, and `bench` goes on with those of each call."""
    onnx.save(recurrent(), tmp_path / "model.onnx")
    states = ["--state", "h=h2", "--state", "c=c2"]
    assert command("compile", tmp_path / "model.onnx", "--to", tmp_path / "build", *states).status == 0
    shown = command("verify", tmp_path / "model.onnx", tmp_path / "build", "--layers", "--json")
    assert shown.status == 0
    layers = json.loads(shown.output)["layers"]
    assert {layer["rule"] for layer in layers} == {"tolerance"}
    assert "ONNX Runtime" in {layer["against"] for layer in layers}
    timed = command("bench", tmp_path / "model.onnx", *states, "--rounds", "1")
    assert timed.status == 0
    assert "the textbook engine remembers nothing" in timed.output


def test_states_as_text() -> None:
    graph = run_pipeline(import_model(recurrent(), "recurrent", states=STATES))
    again = parse(print_graph(graph))
    assert again == graph
    assert [state.name for state in again.states] == ["h", "c"]
    sequence, steps = Steps(again), floats(3, 1, 3, seed=1)
    found = [sequence.run({"x": step})["y"].ravel() for step in steps]
    np.testing.assert_allclose(found, answers(steps), 1e-4, 1e-5)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("h=nothing", "there is no output 'nothing' for --state; there are 'y', 'h2', 'c2'"),
        ("g=h2", "there is no input 'g' for --state; there are 'x', 'h', 'c'"),
        ("x=h2", "--state x=h2 joins f32[1,3] and f32[1,4]; they have to be of one type"),
        ("h", "--state takes NAME=VALUE, not 'h'"),
    ],
)
def test_states_that_do_not_fit(given: str, reason: str, tmp_path: Path) -> None:
    onnx.save(recurrent(), tmp_path / "model.onnx")
    shown = command("compile", tmp_path / "model.onnx", "--to", tmp_path / "build", "--state", given)
    assert shown.status == 2
    assert reason in shown.error
    assert not (tmp_path / "build").exists()


def test_nothing_left_to_predict() -> None:
    node = helper.make_node("Add", ["x", "h"], ["h2"])
    model = make_model([node], {"x": floats(1, 2), "h": floats(1, 2)}, ["h2"])
    with pytest.raises(onnx2luau.UsageError, match="every output is a state"):
        import_model(model, "all", states={"h": "h2"})


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('next "h" = %hidden\n', "", "nothing says what the state 'h' is next"),
        ("from %h_initial", "from %gates", "state 'h' does not begin with a constant"),
        ('next "h" = %hidden', 'next "h" = %answer', "state 'h' is f32[1,4], but becomes f32[1,2]"),
    ],
)
def test_texts_of_states_that_are_wrong(old: str, new: str, reason: str) -> None:
    text = print_graph(import_model(recurrent(), "recurrent", states=STATES))
    assert old in text
    with pytest.raises(ValueError, match=reason.replace("[", r"\[").replace("]", r"\]")):
        parse(text.replace(old, new))
