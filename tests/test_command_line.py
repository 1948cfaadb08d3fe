"""The commands as a user types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

import onnx2luau as package
from tests.cases import floats, make_model
from tests.command_line import onnx2luau, onnx2luau_afresh, tree
from tests.stylua import assert_formatted

EXAMPLE = Path(__file__).parents[1] / "examples" / "tinymnist"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "brain.onnx"
    weights = {"w0": floats(4, 20), "w1": floats(20, 3, seed=1)}
    nodes = [
        helper.make_node("MatMul", ["x", "w0"], ["a"], name="hidden/MatMul"),
        helper.make_node("Relu", ["a"], ["b"], name="hidden/Relu"),
        helper.make_node("MatMul", ["b", "w1"], ["y"], name="out/MatMul"),
    ]
    onnx.save(make_model(nodes, {"x": floats(1, 4)}, ["y"], weights), path)
    return path


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    with np.load(EXAMPLE / "digits.npz", allow_pickle=False) as data:
        return data["x"], data["y"]


def test_compile_verify_run(model: Path, tmp_path: Path) -> None:
    build, x, y = tmp_path / "build", floats(5, 4, seed=2), tmp_path / "y.npz"
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "x.npz", x=x[:, None])
    np.save(tmp_path / "labels.npy", np.arange(5) % 3)
    done = onnx2luau("compile", model, "-o", build, "--inputs", tmp_path / "x.npy")
    assert done.status == 0, done.trouble
    assert "out: schedule lines, 140 multiply-adds" in done.output
    assert "against ONNX Runtime on 5 samples" in done.output
    checked = onnx2luau(
        "verify", model, build, "--inputs", tmp_path / "x.npz", "--labels", tmp_path / "labels.npy"
    )
    assert checked.status == 0, checked.trouble
    assert "answers changed: 0" in checked.output
    assert "accuracy" in checked.output
    layers = onnx2luau("verify", model, build, "--layers", "--json")
    assert [each["layer"] for each in json.loads(layers.output)["layers"]] == ["hidden/MatMul, out/MatMul"]
    ran = onnx2luau("run", build, "--inputs", tmp_path / "x.npy", "-o", y)
    assert ran.status == 0, ran.trouble
    expected = np.maximum(x @ floats(4, 20), 0) @ floats(20, 3, seed=1)
    np.testing.assert_allclose(np.load(y)["y"], expected, 1e-4, 1e-5)
    assert np.load(y)["y"].shape == (5, 3)


@pytest.mark.parametrize("weights", ["f32", "f16", "int8"])
@pytest.mark.parametrize("encoding", ["base64", "table"])
@pytest.mark.parametrize("schedule", ["rows", "columns"])
def test_options(weights: str, encoding: str, schedule: str, model: Path, tmp_path: Path) -> None:
    for target in ("client", "server"):
        done = onnx2luau(
            "compile", model, "-o", tmp_path / target, "--target", target, "--weights", weights, "--encoding", encoding,
            "--schedule", f"hidden={schedule}", "--schedule", f"out/MatMul={schedule}", "--name", "brain two", "--json",
        )  # fmt: skip
        assert done.status == 0, done.trouble
        manifest = json.loads(done.output)
        assert manifest["name"] == "brain two"
        assert [layer["schedule"] for layer in manifest["layers"]] == [schedule] * 2
        assert manifest["options"]["weights"] == weights
        assert manifest["verification"]["agrees"]
        assert_formatted(tmp_path / target)
        assert ("--!native" in (tmp_path / target / "Model.luau").read_text()) == (target == "server")


def test_max_drop_is_a_limit(model: Path, tmp_path: Path) -> None:
    arguments = ["compile", model, "-o", tmp_path / "b", "--weights", "f16", "--samples", "400"]
    assert onnx2luau(*arguments, "--max-drop", "100").status == 0
    before = tree(tmp_path)
    # Labelled so that ONNX Runtime is always right, every changed answer is accuracy lost.
    failed = onnx2luau(*arguments, "--max-drop", "0")
    if failed.status:
        assert "more than --max-drop 0 allows" in failed.error
        assert failed.status == 1
        assert tree(tmp_path) == before


def test_the_same_bytes_from_another_process(model: Path, tmp_path: Path) -> None:
    for name, seed in (("a", "1"), ("b", "2")):
        done = onnx2luau_afresh("compile", model, "-o", tmp_path / name, PYTHONHASHSEED=seed)
        assert done.status == 0
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_compiling_onnx_never_imports_tensorflow(model: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from onnx2luau import compile; compile(sys.argv[1], sys.argv[2]); "
        "sys.exit(any(name.split('.')[0] in ('tensorflow', 'keras', 'tf2onnx') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program, model, tmp_path / "b"], check=False)
    assert done.returncode == 0


def test_python_api(model: Path, tmp_path: Path) -> None:
    build = package.compile(onnx.load(model), tmp_path / "b", inputs=floats(3, 4))
    assert build.manifest.verification is not None
    assert build.manifest.verification["samples"] == 3
    x = floats(2, 1, 4, seed=3)
    expected = (np.maximum(x @ floats(4, 20), 0) @ floats(20, 3, seed=1))[:, 0]
    assert build.run(x)["y"].shape == expected.shape == (2, 3)
    np.testing.assert_allclose(build.run(x)["y"], expected, 1e-4, 1e-5)
    np.testing.assert_allclose(package.load(tmp_path / "b").run({"x": x})["y"], expected, 1e-4, 1e-5)
    assert build.verify(x).agrees
    with pytest.raises(package.UsageError, match="a loaded build has no model"):
        package.load(tmp_path / "b").verify(x)
    with pytest.raises(package.UsageError, match="'phone' is none of client, server"):
        package.compile(model, tmp_path / "b", target="phone")


def test_inspect_and_ops(model: Path) -> None:
    shown = onnx2luau("inspect", model, "--print-after", "fold_constants", "--print-after", "fuse_activation")
    assert "# after fold_constants" in shown.output
    assert "before=(max($0, 0.0))" in shown.output
    described = json.loads(onnx2luau("inspect", model, "--json").output)
    assert [row["multiply_adds"] for row in described["layers"]] == [80, 60]
    program = onnx2luau("inspect", model, "--print-after", "schedule", "--target", "server").output
    for kernel in described["program"]["kernels"]:
        assert f" = {kernel['name']}(" in program
    listed = onnx2luau("ops", "--markdown").output
    for operator in ("MatMul", "Gemm", "Conv", "LayerNormalization", "Constant"):
        assert f"| {operator} |" in listed


def test_help_of_everything() -> None:
    shown = onnx2luau("--help")
    for command in ("compile", "verify", "run", "bench", "inspect", "ops", "place", "doctor", "demo"):
        assert command in shown.output
        assert onnx2luau(command, "--help").status == 0
    assert onnx2luau("--version").output == f"onnx2luau {package.__version__}\n"
    assert onnx2luau("compile", "--nonsense").status == 2


def test_doctor() -> None:
    found = json.loads(onnx2luau("doctor", "--json").output)
    assert found["lune"]["path"]
    assert set(found["rojo"]) == {"path", "version"}
    shown = onnx2luau("doctor", ONNX2LUAU_ROJO="no such file")
    assert shown.status == 0
    assert "Rojo missing; optional; `onnx2luau doctor --install --rojo` builds it" in shown.output
    assert "needs --install beside it" in onnx2luau("doctor", "--rojo").error
    assert found["packages"]["onnxruntime"]


def test_demo(tmp_path: Path) -> None:
    done = onnx2luau("demo", "-o", tmp_path / "demo")
    assert done.status == 0, done.trouble
    assert "agrees with ONNX Runtime on all 10,000 digits" in done.output
    manifest = json.loads((tmp_path / "demo" / "manifest.json").read_text())
    figures = manifest["verification"]
    assert figures["answers_changed"] == 0
    assert figures["accuracy"] == figures["oracle_accuracy"] > 0.98
    text = (tmp_path / "demo" / "Model.luau").read_text("ascii")
    assert "Against ONNX Runtime on 10,000 given samples" in text
    assert_formatted(tmp_path / "demo")
    for path in (tmp_path / "demo").rglob("*.luau"):
        assert len(path.read_text("ascii")) < 200_000
    # A clean start: nothing that Lune would warn of.
    script = tmp_path / "use.luau"
    script.write_text('print(#require("./demo/Model").predict(table.create(784, 0)))\n')
    lune = json.loads(onnx2luau("doctor", "--json").output)["lune"]["path"]
    ran = subprocess.run(
        [lune, "run", script], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert (ran.stdout, ran.stderr) == ("10\n", "")


@pytest.mark.parametrize("weights", ["f32", "f16", "int8"])
def test_convolutional_digits(weights: str, tmp_path: Path, digits: tuple[np.ndarray, np.ndarray]) -> None:
    images, labels = digits
    np.savez(tmp_path / "x.npz", x=(images[:300, None, :, :, None] / 255).astype(np.float32))
    np.savez(tmp_path / "y.npz", y=labels[:300])
    done = onnx2luau(
        "compile", EXAMPLE / "mnist_cnn.keras", "-o", tmp_path / "cnn", "--inputs", tmp_path / "x.npz",
        "--labels", tmp_path / "y.npz", "--weights", weights, "--json",
    )  # fmt: skip
    assert done.status == 0, done.trouble
    manifest = json.loads(done.output)
    assert [port["batch"] for port in (*manifest["inputs"], *manifest["outputs"])] == [True, True]
    figures = manifest["verification"]
    assert figures["answers_changed"] == 0
    assert figures["accuracy"] > 0.97
