"""What Python is given and gives: the axis of samples is the model's batch, which is not there a second time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import onnx2luau as package
from tests.cases import floats
from tests.command_line import onnx2luau

Shape = tuple[int | str, ...]


@dataclass(frozen=True)
class Case:
    """A model, the shapes of samples that it takes, and the shapes of what it gives for five samples."""

    nodes: list[onnx.NodeProto]
    inputs: Mapping[str, Shape]
    given: Mapping[str, tuple[int, ...]]
    results: Mapping[str, tuple[int, ...]]
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)

    def model(self) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            "g",
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, list(s)) for n, s in self.inputs.items()],
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in self.results],
            [numpy_helper.from_array(array, name) for name, array in self.weights.items()],
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)


DENSE = [helper.make_node("MatMul", ["x", "w"], ["y"])]
W = {"w": floats(4, 3)}
ROWS = [helper.make_node("ReduceMax", ["x", "axes"], ["y"], keepdims=1)]
AXES = {"axes": np.array([0])}
CASES = {
    "open batch": Case(DENSE, {"x": ("batch", 4)}, {"x": (5, 4)}, {"y": (5, 3)}, W),
    "batch that was fixed": Case(DENSE, {"x": (1, 4)}, {"x": (5, 4)}, {"y": (5, 3)}, W),
    "its axis is given all the same": Case(DENSE, {"x": (1, 4)}, {"x": (5, 1, 4)}, {"y": (5, 3)}, W),
    "a batch and an axis of 1": Case(DENSE, {"x": ("n", 1, 4)}, {"x": (5, 1, 4)}, {"y": (5, 1, 3)}, W),
    "four rows": Case(DENSE, {"x": (4, 4)}, {"x": (5, 4, 4)}, {"y": (5, 4, 3)}, W),
    "one row of four": Case(ROWS, {"x": (4, 4)}, {"x": (5, 4, 4)}, {"y": (5, 1, 4)}, AXES),
    "a number a sample": Case([helper.make_node("Exp", ["x"], ["y"])], {"x": ("n",)}, {"x": (5,)}, {"y": (5,)}),
    "a model without axes": Case([helper.make_node("Exp", ["x"], ["y"])], {"x": ()}, {"x": (5,)}, {"y": (5,)}),
    "several inputs and outputs": Case(
        [helper.make_node("Add", ["x", "z"], ["y"]), helper.make_node("Exp", ["z"], ["e"])],
        {"x": ("n", 4), "z": (3, 1)},
        {"x": (5, 4), "z": (5, 3, 1)},
        {"y": (5, 3, 4), "e": (5, 3, 1)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_shapes(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    onnx.save(case.model(), tmp_path / "model.onnx")
    samples = {each: floats(*shape, seed=7) for each, shape in case.given.items()}
    build = package.compile(tmp_path / "model.onnx", tmp_path / "build", inputs=samples)
    assert build.manifest.verification is not None
    assert build.manifest.verification["samples"] == 5
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    fixed = {each: [1 if isinstance(d, str) else d for d in shape] for each, shape in case.inputs.items()}
    alone = [
        session.run(
            None, {each: np.asarray(array[index]).reshape(fixed[each]) for each, array in samples.items()}
        )
        for index in range(5)
    ]
    for results in (build.run(samples), package.load(tmp_path / "build").run(samples)):
        assert {each: array.shape for each, array in results.items()} == case.results
        for place, each in enumerate(case.results):
            expected = np.stack([answer[place] for answer in alone]).reshape(case.results[each])
            np.testing.assert_allclose(results[each], expected, 1e-4, 1e-5)
    assert build.verify(samples).agrees


def test_an_open_batch_gives_what_onnx_runtime_gives(tmp_path: Path) -> None:
    onnx.save(CASES["open batch"].model(), tmp_path / "model.onnx")
    x = floats(5, 4)
    (expected,) = onnxruntime.InferenceSession(tmp_path / "model.onnx").run(None, {"x": x})
    np.save(tmp_path / "x.npy", x)
    build = package.compile(tmp_path / "model.onnx", tmp_path / "build")
    ran = onnx2luau("run", tmp_path / "build", "--inputs", tmp_path / "x.npy", "-o", tmp_path / "y.npz")
    assert ran.status == 0, ran.trouble
    assert "y.npz: y [5, 3]" in ran.output
    for result in (build.run(x)["y"], np.load(tmp_path / "y.npz")["y"]):
        assert result.shape == expected.shape
        np.testing.assert_allclose(result, expected, 1e-4, 1e-5)


def test_the_manifest_says_which_axes_are_the_batch(tmp_path: Path) -> None:
    for name, batch in (("open batch", True), ("four rows", False), ("one row of four", False)):
        package.compile(CASES[name].model(), tmp_path / "build", verify=False)
        manifest = json.loads((tmp_path / "build" / "manifest.json").read_text())
        assert [port["batch"] for port in (*manifest["inputs"], *manifest["outputs"])] == [batch, batch]
