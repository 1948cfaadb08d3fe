"""Right builds whose numbers are large, or nearly cancel: they agree, and wrong ones by three tolerances don't."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

import onnx2luau
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.agreement.tolerance import TOLERANCE, scale_of
from onnx2luau.compiler.errors import DisagreementError
from tests.cases import Array, floats, make_model

PIXELS = np.random.default_rng(0).integers(0, 256, (8, 1, 784)).astype(np.float32)


def chain(layers: int, width: int, *, residual: bool) -> onnx.ModelProto:
    nodes, x = [], "x"
    scale = 0.1 if residual else 1.0
    weights = {f"w{i}": floats(width, width, seed=i, scale=scale) for i in range(min(layers, 5))}
    for index in range(layers):
        made = f"t{index}"
        nodes.append(helper.make_node("MatMul", [x, f"w{index % 5}"], [made]))
        if residual:
            nodes.append(helper.make_node("Tanh", [made], [f"u{index}"]))
            nodes.append(helper.make_node("Add", [x, f"u{index}"], [f"r{index}"]))
            made = f"r{index}"
        x = made
    return make_model(nodes, {"x": floats(1, width)}, [x], weights)


def pixels(outputs: int) -> onnx.ModelProto:
    weights = {"w": floats(784, outputs, seed=3, scale=0.05)}
    return make_model([helper.make_node("MatMul", ["x", "w"], ["y"])], {"x": PIXELS[0]}, ["y"], weights)


def convolutions() -> onnx.ModelProto:
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["h"], pads=[1] * 4),
        helper.make_node("Conv", ["h", "v"], ["y"], pads=[1] * 4),
    ]
    weights = {"w": floats(8, 3, 3, 3, seed=1), "v": floats(4, 8, 3, 3, seed=2)}
    return make_model(nodes, {"x": np.zeros((1, 3, 16, 16), np.float32)}, ["y"], weights)


def reciprocal_roots() -> onnx.ModelProto:
    """A normalisation as exporters write it: where a row hardly varies, singles lose nearly all digits."""
    nodes = [
        helper.make_node("ReduceMean", ["x", "axes"], ["mean"]),
        helper.make_node("Sub", ["x", "mean"], ["centred"]),
        helper.make_node("Mul", ["centred", "centred"], ["squares"]),
        helper.make_node("ReduceMean", ["squares", "axes"], ["variance"]),
        helper.make_node("Add", ["variance", "epsilon"], ["shifted"]),
        helper.make_node("Sqrt", ["shifted"], ["root"]),
        helper.make_node("Reciprocal", ["root"], ["factor"]),
        helper.make_node("Mul", ["centred", "factor"], ["y"]),
    ]
    constants: dict[str, Array] = {"axes": np.array([-1]), "epsilon": np.float32(1e-12)}
    return make_model(nodes, {"x": floats(1, 4, 16)}, ["y"], constants)


ALIKE = np.float32(1000) + floats(6, 1, 4, 16, scale=1e-3)
"""Rows that hardly vary."""
LARGE: dict[str, tuple[Callable[[], onnx.ModelProto], Array | None, str]] = {
    "pixels": (lambda: pixels(1000), PIXELS, "scale"),
    "a few pixels": (lambda: pixels(3), PIXELS, "scale"),
    "convolutions": (
        convolutions,
        np.random.default_rng(1).integers(0, 256, (4, 1, 3, 16, 16)).astype(np.float32),
        "scale",
    ),
    "20 layers": (lambda: chain(20, 64, residual=False), None, "scale"),
    "residual layers": (lambda: chain(100, 8, residual=True), None, "scale"),
    "reciprocal roots": (reciprocal_roots, ALIKE, "referee"),
}


@pytest.mark.parametrize("name", LARGE)
def test_right_builds_agree(name: str, tmp_path: Path) -> None:
    model, inputs, rule = LARGE[name]
    build = onnx2luau.compile(model(), tmp_path / "build", inputs=inputs)
    assert build.manifest.verification is not None
    rules = ["tolerance", "scale", "referee"]
    assert rules.index(str(build.manifest.verification["rule"])) <= rules.index(rule)


@pytest.mark.parametrize("name", LARGE)
def test_three_tolerances_off_is_wrong(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where numbers are so large that only a scale or a referee lets the right build agree."""
    run = Lune.run

    def off(self: Lune, *arguments: object, **options: object) -> dict[str, Array]:
        (output,) = (answers := run(self, *arguments, **options)).values()  # type: ignore[arg-type]
        last = output[0].ravel()
        last[-1] += 3 * float(TOLERANCE.allowed(last[-1], scale_of(output)))
        return answers

    model, inputs, _ = LARGE[name]
    monkeypatch.setattr(Lune, "run", off)
    with pytest.raises(DisagreementError, match="sample 0"):
        onnx2luau.compile(model(), tmp_path / "build", inputs=inputs)
