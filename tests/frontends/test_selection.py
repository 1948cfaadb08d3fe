"""Outputs that are asked for: what only others need is not compiled, and need not be supported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

import onnx2luau
from onnx2luau.builds.manifest import read_manifest
from onnx2luau.compiler.errors import ModelError, UsageError
from onnx2luau.frontends.onnx import import_model, select_outputs
from tests.cases import Array, floats, make_model
from tests.command_line import onnx2luau as command

node = helper.make_node
OBSERVED, MASK = floats(1, 8), np.array([[1, 1, 0]], np.float32)


def policy() -> onnx.ModelProto:
    """Return what Unity's ML-Agents exports: random actions of two kinds beside deterministic ones."""
    nodes = [
        node("Gemm", ["obs_0", "w", "b"], ["hidden"], name="body", transB=1),
        node("Sigmoid", ["hidden"], ["gate"]),
        node("Mul", ["hidden", "gate"], ["swish"]),
        node("Gemm", ["swish", "m", "c"], ["mu"], name="mean", transB=1),
        node("RandomNormalLike", ["mu"], ["noise"], name="noise", dtype=1),
        node("Exp", ["log_sigma"], ["sigma"]),
        node("Mul", ["noise", "sigma"], ["spread"]),
        node("Add", ["mu", "spread"], ["sampled"]),
        node("Clip", ["sampled", "low", "high"], ["clipped"]),
        node("Div", ["clipped", "high"], ["continuous_actions"]),
        node("Clip", ["mu", "low", "high"], ["bounded"]),
        node("Div", ["bounded", "high"], ["deterministic_continuous_actions"]),
        node("Gemm", ["swish", "d"], ["logits"], name="branch", transB=1),
        node("Softmax", ["logits"], ["shares"], axis=1),
        node("Mul", ["shares", "action_masks"], ["masked"]),
        node("Log", ["masked"], ["logarithms"]),
        node("Multinomial", ["logarithms"], ["discrete_actions"], name="dice", sample_size=1, dtype=7),
    ]
    constants: dict[str, Array] = {
        "w": floats(16, 8),
        "b": floats(16),
        "m": floats(2, 16),
        "c": floats(2),
        "d": floats(3, 16),
        "log_sigma": floats(1, 2),
        "low": np.float32(-3),
        "high": np.float32(3),
        "version_number": np.float32([3]),
        "memory_size": np.float32([0]),
    }
    outputs = ["version_number", "memory_size", "continuous_actions", "discrete_actions"]
    outputs += ["deterministic_continuous_actions"]
    return make_model(nodes, {"obs_0": OBSERVED, "action_masks": MASK}, outputs, constants)


WANTED = "deterministic_continuous_actions"


def test_a_random_operator_names_the_outputs_that_do_without_it() -> None:
    with pytest.raises(ModelError, match=r"'RandomNormalLike' .* at node 'noise'") as caught:
        import_model(policy(), "policy")
    free = ["version_number", "memory_size", "discrete_actions", WANTED]
    assert str(caught.value).endswith(
        "; --output NAME compiles an output that does without it: " + ", ".join(map(repr, free))
    )


def test_deterministic_actions_are_compiled(tmp_path: Path) -> None:
    onnx.save(policy(), tmp_path / "policy.onnx")
    done = command("compile", tmp_path / "policy.onnx", "-o", tmp_path / "b", "--output", WANTED)
    assert done.status == 0, done.trouble
    manifest = read_manifest(tmp_path / "b")
    assert manifest.selected == [WANTED]
    assert [port["name"] for port in manifest.inputs] == ["obs_0"]
    assert manifest.verification is not None
    checked = command("verify", tmp_path / "policy.onnx", tmp_path / "b", "--layers")
    assert checked.status == 0, checked.trouble
    assert command("verify", tmp_path / "policy.onnx", tmp_path / "b").status == 0
    shown = command("inspect", tmp_path / "policy.onnx", "--output", WANTED, "--output", "mu")
    assert "RandomNormalLike" not in shown.output


def test_inner_tensors_and_their_order(tmp_path: Path) -> None:
    build = onnx2luau.compile(policy(), tmp_path / "b", outputs=["shares", "hidden", "shares"])
    assert [port["name"] for port in build.manifest.outputs] == ["shares", "hidden"]
    x = floats(3, 8, seed=5)
    w, b, d = (numpy_helper.to_array(each) for each in policy().graph.initializer if each.name in "wbd")
    hidden = x @ w.T + b
    logits = (hidden / (1 + np.exp(-hidden))) @ d.T
    shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    answers = build.run({"obs_0": x})
    np.testing.assert_allclose(answers["hidden"], hidden, 1e-4, 1e-5)
    np.testing.assert_allclose(answers["shares"], shares, 1e-4, 1e-5)


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("deterministic_actions", f"; did you mean {WANTED!r}?"),
        ("zzz", "; its outputs are 'version_number', 'memory_size', 'continuous_actions', "),
    ],
)
def test_a_tensor_that_there_is_not(name: str, guess: str) -> None:
    with pytest.raises(UsageError, match=f"policy: there is no tensor '{name}' for --output") as caught:
        select_outputs(policy(), [name], "policy")
    assert guess in str(caught.value)


def test_all_outputs_are_the_model_itself() -> None:
    model = policy()
    assert select_outputs(model, [port.name for port in model.graph.output], "policy") is model
    before = model.SerializeToString()
    select_outputs(model, [WANTED], "policy")
    assert model.SerializeToString() == before


def test_what_nothing_reads_stays_an_input() -> None:
    nodes = [node("Relu", ["x"], ["a"]), node("Neg", ["y"], ["b"])]
    model = make_model(nodes, {"x": floats(2), "y": floats(2), "z": floats(2)}, ["a", "b"])
    selected = select_outputs(model, ["a"], "model")
    assert [port.name for port in selected.graph.input] == ["x", "z"]


def test_what_branches_read_is_kept() -> None:
    def branch(*nodes: onnx.NodeProto, output: str) -> onnx.GraphProto:
        result = helper.make_tensor_value_info(output, onnx.TensorProto.FLOAT, [2])
        return helper.make_graph(list(nodes), "branch", [], [result])

    nodes = [
        node("Relu", ["x"], ["outer"]),
        node("Neg", ["x"], ["other"]),
        node("If", ["c"], ["y"], then_branch=branch(node("Exp", ["outer"], ["r"]), output="r"),
             else_branch=branch(node("Identity", ["other"], ["r"]), output="r")),
        node("NonZero", ["x"], ["odd"]),
    ]  # fmt: skip
    model = make_model(nodes, {"x": floats(2)}, ["y", "odd"], {"c": np.array(True)})
    selected = select_outputs(model, ["y"], "model")
    assert [each.op_type for each in selected.graph.node] == ["Relu", "Neg", "If"]
    assert import_model(selected, "model").nodes


def test_an_unknown_operator_names_the_outputs_that_do_without_it() -> None:
    nodes = [node("Relu", ["x"], ["a"]), node("Frobnicate", ["x"], ["b"])]
    with pytest.raises(ModelError, match=r"'Frobnicate' .*; --output NAME compiles .* without it: 'a'$"):
        import_model(make_model(nodes, {"x": floats(2)}, ["a", "b"]), "model")
