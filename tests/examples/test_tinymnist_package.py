"""The digit reader as a Wally package, and the workflow that releases it and the game."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer

import onnx2luau
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.backends.lune.tools import LUNE, ROJO
from onnx2luau.cli.commands import app
from tests.command_line import PATIENCE
from tests.stylua import assert_formatted

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "tinymnist"
PACKAGE = FOLDER / "package"
WORKFLOW = FOLDER / ".github" / "workflows" / "release.yml"
MANIFEST_FIELDS = {
    "name", "description", "version", "license", "authors", "realm", "registry", "include", "exclude", "private"
}  # fmt: skip
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined] # it is a group
MODEL = "mnist256"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with its model compiled into it."""
    folder = tmp_path_factory.mktemp("wally") / "package"
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns(MODEL))
    onnx2luau.compile(FOLDER / f"{MODEL}.keras", folder / "src" / MODEL, weights="f16")
    return folder


@pytest.fixture(scope="module")
def workflow(client: Lune, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The workflow as YAML reads it."""
    script = tmp_path_factory.mktemp("yaml") / "decode.luau"
    script.write_text(
        'local serde = require("@lune/serde")\n'
        'return function(arguments) return serde.decode("yaml", arguments.text) end\n'
    )
    decoded: dict[str, Any] = client.call(script, {"text": WORKFLOW.read_text("utf-8")})
    return decoded


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def command_lines(workflow: dict[str, Any], program: str) -> list[list[str]]:
    lines = [line for step in steps(workflow) for line in step.get("run", "").splitlines()]
    return [words[1:] for words in map(shlex.split, lines) if words and words[0] == program]


def test_the_manifest_has_the_fields_that_wally_reads() -> None:
    manifest = tomllib.loads((PACKAGE / "wally.toml").read_text("utf-8"))
    assert set(manifest) == {"package"}
    fields = manifest["package"]
    assert set(fields) <= MANIFEST_FIELDS
    assert {"name", "version", "registry", "realm"} <= set(fields)
    assert re.fullmatch(r"[a-z0-9-]{1,64}/[a-z0-9-]{1,64}", fields["name"])
    assert re.fullmatch(r"\d+\.\d+\.\d+", fields["version"])
    assert fields["realm"] in ("shared", "server")
    # Nobody publishes it by mistake.
    assert fields["private"] is True


def test_the_project_has_the_name_of_the_package() -> None:
    manifest = tomllib.loads((PACKAGE / "wally.toml").read_text("utf-8"))
    project = json.loads((PACKAGE / "default.project.json").read_text("utf-8"))
    # Wally's link asks the package's folder for a child of this name.
    assert project["name"] == manifest["package"]["name"].partition("/")[2]
    assert (PACKAGE / project["tree"]["$path"]).is_dir()


def test_what_is_generated_is_not_in_git() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert f"{(PACKAGE / 'src' / MODEL).relative_to(ROOT).as_posix()}/" in ignored
    # Wally would leave out what a .gitignore here names.
    assert not (PACKAGE / ".gitignore").exists()


def test_the_package_reads_digits(package: Path, client: Lune, tmp_path: Path) -> None:
    digits = np.load(FOLDER / "digits.npz")
    script = tmp_path / "read.luau"
    reader = client.require_path(package / "src", tmp_path)
    script.write_text(
        f'local reader = require("{reader}")\n'
        "return function(arguments)\n"
        "\tlocal answers = {}\n"
        "\tfor index, pixels in arguments.digits do answers[index] = reader.read(pixels) end\n"
        "\treturn { answers = answers, tested = (reader.model.selfTest()) }\n"
        "end\n"
    )
    pixels = (digits["x"][:60].reshape(-1, 784) / 255).tolist()
    told = client.call(script, {"digits": pixels})
    assert told["tested"]
    read = [answer["digit"] for answer in told["answers"]]
    assert np.mean(np.array(read) == digits["y"][:60]) >= 0.95
    for answer in told["answers"]:
        assert answer["confidence"] == max(answer["probabilities"])
        assert sum(answer["probabilities"]) == pytest.approx(1)


@pytest.mark.skipif(ROJO.find() is None, reason=f"Rojo is absent; `onnx2luau {ROJO.install}`")
def test_the_package_is_a_module_whose_requires_resolve(package: Path, client: Lune, tmp_path: Path) -> None:
    output = tmp_path / "digit-reader.rbxm"
    subprocess.run(
        [ROJO.require(), "build", str(package), "--output", str(output)],
        check=True, capture_output=True, timeout=PATIENCE,
    )  # fmt: skip
    told = client.call(ROOT / "tests" / "luau" / "place.luau", {"file": str(output)})
    assert not told["lost"]
    # A link of Wally requires the package's root.
    assert told["instances"]["digit-reader"]["class"] == "ModuleScript"
    assert told["instances"][f"digit-reader/{MODEL}/Model"]["class"] == "ModuleScript"
    assert all(len(found.get("source") or "") < 200_000 for found in told["instances"].values())


def test_the_workflow_runs_on_tags_and_may_write_releases(workflow: dict[str, Any]) -> None:
    assert workflow["on"] == {"push": {"tags": ["v*"]}}
    assert workflow["permissions"] == {"contents": "write"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 60
        assert not job["runs-on"].endswith("latest")


def test_actions_and_tools_have_fixed_versions(workflow: dict[str, Any]) -> None:
    uses = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert uses
    for action in uses:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action), action
    # The comment behind says which release that is.
    assert len(re.findall(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", WORKFLOW.read_text("utf-8"), re.M)) == len(uses)
    assert workflow["env"]["LUNE"] == LUNE.version
    assert workflow["env"]["ROJO"] == ROJO.version
    assert workflow["env"]["ONNX2LUAU"] == onnx2luau.__version__


def test_commands_of_the_workflow_parse_and_name_files_that_exist(workflow: dict[str, Any]) -> None:
    called = command_lines(workflow, "onnx2luau")
    assert {words[0] for words in called} == {"place", "compile"}
    for name, *arguments in called:
        COMMANDS[name].make_context(name, list(arguments))
        for argument in arguments:
            if argument.endswith(".keras"):
                assert (FOLDER / argument).is_file(), argument
    (compiled,) = (words for words in called if words[0] == "compile")
    assert f"package/src/{MODEL}" in compiled


def test_the_workflow_attaches_what_it_built(workflow: dict[str, Any]) -> None:
    built = {
        words[words.index("-o") + 1]
        for program in ("onnx2luau", "rojo")
        for words in command_lines(workflow, program)
        if words[0] in ("place", "build")
    }
    (upload,) = (words for words in command_lines(workflow, "gh") if words[:2] == ["release", "upload"])
    assert (
        {word for word in upload if ".rbx" in word}
        == built
        == {"digits.rbxl", "digits.rbxm", "digit-reader.rbxm"}
    )


def test_luau_is_strict_and_formatted() -> None:
    source = PACKAGE / "src" / "init.luau"
    assert source.read_text("utf-8").startswith("--!strict\n")
    assert_formatted(source)
