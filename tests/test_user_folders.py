"""What is imported for a command, and what is left in the user's folders: nothing but what was asked for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import onnx
import pytest
from onnx import helper

from onnx2luau.backends.lune.tools import LUNE
from onnx2luau.compiler.onnx_runtime import TELEMETRY
from tests.cases import floats, make_model
from tests.command_line import tree

ROOT = Path(__file__).parents[1]
SOURCES = ("backends", "benchmarks", "compiler", "frontends", "src/onnx2luau")
PROGRAM = """
import json, os, sys
from onnx2luau.cli import main
status = 0
try:
    main()
except SystemExit as left:
    status = left.code or 0
loaded = sorted({name.partition(".")[0] for name in sys.modules})
print("\\n" + json.dumps({"status": status, "loaded": loaded, "telemetry": os.environ.get(sys.argv[0])}))
"""


def run(home: Path, *arguments: str | Path, **environment: str) -> dict[str, object]:
    """Run a command with an empty home; return its status, what it imported, and the variable of telemetry."""
    home.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if name not in (TELEMETRY, "XDG_CACHE_HOME")}
    folders = {"HOME": home, "USERPROFILE": home, "LOCALAPPDATA": home, "XDG_CACHE_HOME": home / "cache"}
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv[0] = {TELEMETRY!r}\n{PROGRAM}", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        env={**kept, **{name: str(path) for name, path in folders.items()}, "ONNX2LUAU_LUNE": str(LUNE.require()), **environment},
        timeout=300,
    )  # fmt: skip
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["--help"],
        ["doctor"],
        ["doctor", "--json"],
        ["compile", "--help"],
    ],
    ids=" ".join,
)
def test_what_only_tells_imports_no_runtime_and_writes_nothing(arguments: list[str], tmp_path: Path) -> None:
    found = run(tmp_path / "home", *arguments)
    assert found["status"] == 0
    assert isinstance(found["loaded"], list)
    assert "typer" in found["loaded"]
    assert not {"onnxruntime", "tensorflow", "keras", "tf2onnx", "torch"} & set(found["loaded"])
    assert not list((tmp_path / "home").iterdir())


def test_a_compile_writes_nothing_but_the_build(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    weights = {"w": floats(4, 3)}
    onnx.save(
        make_model([helper.make_node("MatMul", ["x", "w"], ["y"])], {"x": floats(1, 4)}, ["y"], weights),
        model,
    )
    found = run(tmp_path / "home", "compile", model, "-o", tmp_path / "build", "--verify")
    assert (found["status"], found["telemetry"]) == (0, "1")
    assert isinstance(found["loaded"], list)
    assert "onnxruntime" in found["loaded"]
    assert tree(tmp_path / "home") == {}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["build", "home", "model.onnx"]


def test_a_user_may_want_telemetry(tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    onnx.save(make_model([helper.make_node("Relu", ["x"], ["y"])], {"x": floats(1, 4)}, ["y"]), model)
    found = run(tmp_path / "home", "compile", model, "-o", tmp_path / "build", **{TELEMETRY: "0"})
    assert (found["status"], found["telemetry"]) == (0, "0")


def test_onnx_runtime_is_imported_in_one_place() -> None:
    pattern = re.compile(r"^\s*(import onnxruntime|from onnxruntime)|import_module\(.onnxruntime|import_quietly\(.onnxruntime", re.M)  # fmt: skip
    files = {path.resolve() for folder in SOURCES for path in (ROOT / folder).rglob("*.py")}
    found = [path.relative_to(ROOT).as_posix() for path in files if pattern.search(path.read_text("utf-8"))]
    assert found == ["compiler/onnx_runtime.py"]
