"""The screen of the digit game: places made by the compiler, played in the stand-in for Roblox."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import onnx
import pytest
from onnx import helper

from onnx2luau.backends.lune.lune import Lune
from onnx2luau.game.build import build_file
from onnx2luau.game.digits import shipped_models
from onnx2luau.game.folder import game_folder
from tests.cases import floats, make_model

FOLDER = Path(__file__).parent / "luau" / "screen"
NAMES = [
    (path.stem, name)
    for path in sorted(FOLDER.glob("*.luau"))
    for name in re.findall(r"^function checks\.(\w+)", path.read_text("utf-8"), re.MULTILINE)
]


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return places by name: one with two trained models, and two that were put together wrongly."""
    folder = tmp_path_factory.mktemp("places")
    files = {name: folder / f"{name}.rbxl" for name in ("digits", "otherHash", "otherWeights")}
    with game_folder(shipped_models()[:2], verify=False) as game:
        build_file(game.folder, files["digits"], "lune")
    sources = [folder / "first.onnx", folder / "second.onnx"]
    for seed, source in enumerate(sources):
        onnx.save(_untrained(seed), source)
    with game_folder(sources, verify=False) as game:
        settings = game.shared / "settings.luau"
        text = settings.read_text("utf-8")
        first, second = (entry.source_hash for entry in game.entries)
        settings.write_text(text.replace(first, second), "utf-8")
        build_file(game.folder, files["otherHash"], "lune")
        settings.write_text(text, "utf-8")
        weights = [game.shared / "models" / name / "weights" for name in ("first", "second")]
        shutil.rmtree(weights[0])
        shutil.copytree(weights[1], weights[0])
        build_file(game.folder, files["otherWeights"], "lune")
    return {name: str(file) for name, file in files.items()}


def _untrained(seed: int) -> onnx.ModelProto:
    """Return one of several networks of the same shape."""
    weights = {"w": floats(784, 8, seed=seed) / 28, "v": floats(8, 10, seed=seed + 10)}
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"]),
        helper.make_node("Relu", ["a"], ["h"]),
        helper.make_node("MatMul", ["h", "v"], ["y"]),
    ]
    return make_model(nodes, {"x": floats(1, 784)}, ["y"], weights)


@pytest.mark.parametrize("signals", ["immediate", "deferred"])
@pytest.mark.parametrize(("file", "name"), NAMES, ids=[f"{file}-{name}" for file, name in NAMES])
def test_check(file: str, name: str, signals: str, client: Lune, places: dict[str, str]) -> None:
    arguments = {"file": file, "name": name, "places": places, "signals": signals}
    assert client.call(FOLDER / "run.luau", arguments)
