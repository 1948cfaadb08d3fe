"""The digit game as a file for Roblox: its tree, its scripts, and what is refused."""

from __future__ import annotations

import io
import json
import signal
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper
from typer.testing import CliRunner

import onnx2luau as package
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.backends.lune.tools import ROJO
from onnx2luau.builds.manifest import read_manifest
from onnx2luau.cli.commands import app
from onnx2luau.compiler.errors import Onnx2LuauError
from onnx2luau.game.build import build_file
from onnx2luau.game.digits import EXAMPLE, Pixels
from onnx2luau.game.folder import game_folder
from onnx2luau.game.proof import advice
from tests.cases import floats, make_model
from tests.command_line import Outcome, onnx2luau_afresh, stopped, tree
from tests.stylua import assert_formatted

SCRIPT = Path(__file__).with_name("luau") / "place.luau"
SHARED = "ReplicatedStorage/Digits"
CLIENT = "StarterPlayer/StarterPlayerScripts/Digits"
PROPERTIES = {
    "Players": {"CharacterAutoLoads": "false"},
    "StarterGui": {"ScreenOrientation": "Enum.ScreenOrientation.Sensor"},
    "StarterPlayer": {
        "DevComputerMovementMode": "Enum.DevComputerMovementMode.Scriptable",
        "DevTouchMovementMode": "Enum.DevTouchMovementMode.Scriptable",
    },
}
"""What the game sets, by the path of the instance."""
needs_rojo = pytest.mark.skipif(ROJO.find() is None, reason=f"Rojo is absent; `onnx2luau {ROJO.install}`")


def network(
    weights: dict[str, np.ndarray], *, softmax: bool, shape: tuple[int, ...] = (1, 784)
) -> onnx.ModelProto:
    """Return a network with one hidden layer; other shapes of pictures are flattened first."""
    nodes = [
        helper.make_node("Flatten", ["x"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w0", "b0"], ["a"], name="hidden"),
        helper.make_node("Relu", ["a"], ["h"]),
        helper.make_node("Gemm", ["h", "w1", "b1"], ["z" if softmax else "y"], name="digits"),
        *([helper.make_node("Softmax", ["z"], ["y"])] if softmax else []),
    ]
    return make_model(nodes, {"x": floats(*shape)}, ["y"], weights)


def untrained() -> dict[str, np.ndarray]:
    return {"w0": floats(784, 8), "b0": floats(8), "w1": floats(8, 10), "b1": floats(10)}


def trained(pixels: Pixels) -> dict[str, np.ndarray]:
    """Return the weights of the shipped network of 64 neurons, as if it had been trained on such pixels."""
    import h5py

    with zipfile.ZipFile(EXAMPLE / "mnist64.keras") as archive, archive.open("model.weights.h5") as stream:
        layers = h5py.File(io.BytesIO(stream.read()))["layers"]
        w0, b0 = (layers[f"dense/vars/{index}"][:].astype(np.float64) for index in (0, 1))
        w1, b1 = (layers[f"dense_1/vars/{index}"][:] for index in (0, 1))
    span = pixels.ink - pixels.paper  # intensity = (pixel - paper) / span
    weights = {"w0": w0 / span, "b0": b0 - pixels.paper / span * w0.sum(0), "w1": w1, "b1": b1}
    return {name: array.astype(np.float32) for name, array in weights.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two digit models and their builds."""
    path = tmp_path_factory.mktemp("models")
    for name, softmax, shape in (("logits", False, (1, 784)), ("shares", True, (1, 28, 28, 1))):
        onnx.save(network(untrained(), softmax=softmax, shape=shape), path / f"{name}.onnx")
        package.compile(path / f"{name}.onnx", path / name)
    return path


@pytest.fixture(scope="module")
def game(folder: Path) -> Iterator[Path]:
    """Return a game folder of both builds."""
    with game_folder([folder / "logits", folder / "shares"]) as made:
        yield made.folder


def place(*arguments: str | Path, **environment: str) -> Outcome:
    """Run the command in this process, which is quicker than `onnx2luau`."""
    result = CliRunner().invoke(app, ["place", *map(str, arguments)], env=environment)
    if isinstance(result.exception, Onnx2LuauError):
        sentence = " ".join(str(result.exception).split())
        return Outcome(result.exception.status, result.stdout, f"{result.stderr}onnx2luau: {sentence}\n")
    assert not result.exception, result.exception
    return Outcome(result.exit_code, result.stdout, result.stderr)


def contents(file: Path, lune: Lune) -> dict[str, dict[str, Any]]:
    """Return what is in a file, by path, once all its requires are known to resolve."""
    found = lune.call(SCRIPT, {"file": str(file)})
    assert not found["lost"]  # Lune has no empty list: an empty table is an empty object or list alike
    instances: dict[str, dict[str, Any]] = found["instances"]
    return instances


def copied(folder: Path, target: Path) -> Path:
    """Copy a folder, its files in the opposite order."""
    for path in sorted((path for path in folder.rglob("*") if path.is_file()), reverse=True):
        copy = target / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return target


def expected_scripts(game: Path, root: str) -> dict[str, str]:
    """Return the source of every script of a game folder, by the path of its instance."""
    shared = game / "shared"
    return {
        f"{root}/{path.relative_to(shared).as_posix().removesuffix('.luau')}": path.read_text("utf-8")
        for path in sorted(shared.rglob("*.luau"))
    }


@pytest.mark.parametrize("builder", ["lune", pytest.param("rojo", marks=needs_rojo)])
@pytest.mark.parametrize("suffix", [".rbxl", ".rbxlx", ".rbxm", ".rbxmx"])
def test_file(suffix: str, builder: str, game: Path, client: Lune, tmp_path: Path) -> None:
    file = tmp_path / f"game{suffix}"
    build_file(game, file, builder)
    instances = contents(file, client)
    is_place = suffix.startswith(".rbxl")
    root, start = (SHARED, CLIENT) if is_place else ("Digits", "Digits/Start")
    scripts = expected_scripts(game, root) | {start: (game / "client" / "Digits.client.luau").read_text()}
    found = {path: each["source"] for path, each in instances.items() if "source" in each}
    assert found == scripts
    assert all(len(source) < 200_000 for source in found.values())
    assert {f"{root}/ui/start", f"{root}/settings"} <= set(
        found
    )  # what the script that starts the game asks for
    classes = {path: each["class"] for path, each in instances.items()}
    assert classes.pop(start) == ("LocalScript" if is_place else "Script")
    assert instances[start]["context"] == ("Legacy" if is_place else "Client")
    services = {path: classes.pop(path) for path in list(classes) if not path.startswith(f"{root}/")}
    if is_place:
        assert services == {path: path.rpartition("/")[2] for path in services} | {SHARED: "Folder"}
        assert set(services) == {
            *PROPERTIES,
            "ReplicatedStorage",
            SHARED,
            "StarterPlayer/StarterPlayerScripts",
        }
        assert {path: instances[path]["properties"] for path in PROPERTIES} == PROPERTIES
    else:
        assert services == {"Digits": "Folder"}
    assert {path for path, name in classes.items() if name == "ModuleScript"} == set(found) - {start}
    assert set(classes.values()) == {"ModuleScript", "Folder"}
    assert {f"{root}/{name}" for name in ("canvas", "play", "ui", "models/logits", "models/shares")} <= set(
        classes
    )


def test_require_that_leads_nowhere_is_seen(game: Path, client: Lune, tmp_path: Path) -> None:
    copy = copied(game, tmp_path / "copy")
    (copy / "shared" / "canvas" / "changes.luau").unlink()
    build_file(copy, tmp_path / "game.rbxl", "lune")
    lost = client.call(SCRIPT, {"file": str(tmp_path / "game.rbxl")})["lost"]
    assert f"{SHARED}/play/reader: ../canvas/changes" in lost


def test_script_that_is_too_long(folder: Path, tmp_path: Path) -> None:
    build = copied(folder / "logits", tmp_path / "build")
    for length, status in ((199_999, 0), (200_000, 2)):
        (build / "weights" / "part2.luau").write_text("-" * length)
        done = place(build, "-o", tmp_path / "game.rbxl", "--no-verify")
        assert done.status == status
    assert "part2.luau has 200,000 characters, and a script in Roblox holds fewer than 200,000" in done.error
    (build / "weights" / "part2.luau").write_bytes(b"\xff")
    done = place(build, "-o", tmp_path / "game.rbxl", "--no-verify")
    assert "part2.luau can't be read" in done.error


@needs_rojo
@pytest.mark.parametrize("suffix", [".rbxl", ".rbxlx", ".rbxm", ".rbxmx"])
def test_both_builders_make_the_same(suffix: str, game: Path, client: Lune, tmp_path: Path) -> None:
    files = {builder: tmp_path / f"{builder}{suffix}" for builder in ("rojo", "lune")}
    for builder, file in files.items():
        build_file(game, file, builder)
    assert contents(files["rojo"], client) == contents(files["lune"], client)
    if ROJO.found_version() == f"Rojo {ROJO.version}":  # both write with the same library
        assert files["rojo"].read_bytes() == files["lune"].read_bytes()


@pytest.mark.parametrize("builder", ["lune", pytest.param("rojo", marks=needs_rojo)])
@pytest.mark.parametrize("suffix", [".rbxl", ".rbxlx", ".rbxm", ".rbxmx"])
def test_the_same_bytes_from_another_folder(suffix: str, builder: str, game: Path, tmp_path: Path) -> None:
    copy = copied(game, tmp_path / "copy")
    build_file(game, tmp_path / f"a{suffix}", builder)
    build_file(copy, tmp_path / f"b{suffix}", builder)
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_the_same_bytes_from_another_process(folder: Path, tmp_path: Path) -> None:
    for name, seed in (("a", "1"), ("b", "2")):
        for output in ("game", "game.rbxl"):
            done = onnx2luau_afresh(
                "place",
                folder / "logits.onnx",
                "-o",
                tmp_path / name / output,
                "--no-verify",
                PYTHONHASHSEED=seed,
            )
            assert done.status == 0, done.trouble
    assert tree(tmp_path / "a") == tree(tmp_path / "b")


def test_settings(folder: Path, client: Lune, tmp_path: Path) -> None:
    game = tmp_path / "game"
    pixels = ("--paper", "-0.4242", "--ink", "2.8215", "--ink", "255")
    done = place(folder / "shares", folder / "logits", "-o", game, "--no-verify", "--json", *pixels)
    assert done.status == 0, done.trouble
    models = json.loads(done.output)["models"]
    assert [(each["name"], each["paper"], each["ink"], each["isDistribution"]) for each in models] == [
        ("shares", -0.4242, 2.8215, True),
        ("logits", -0.4242, 255, False),
    ]
    text = (game / "shared" / "settings.luau").read_text()
    assert "paper = -0.4242," in text
    assert f'sourceHash = "{models[0]["source"]["sha256"]}"' in text
    assert_formatted(game / "shared", game / "client")
    assert not [*game.glob("shared/models/*/manifest.json"), *game.glob("shared/models/*/*.project.json")]
    for name in ("shares", "logits"):
        assert client.self_test(game / "shared" / "models" / name, read_manifest(folder / name).work)


def test_build_for_the_server_is_taken_with_a_word(folder: Path, tmp_path: Path) -> None:
    package.compile(folder / "logits.onnx", tmp_path / "native", target="server", verify=False)
    done = place(tmp_path / "native", "-o", tmp_path / "game.rbxl", "--no-verify")
    assert done.status == 0
    assert "compiled for the server" in done.error


def test_names_are_safe_and_unique(folder: Path, client: Lune, tmp_path: Path) -> None:
    hostile = tmp_path / 'it\'s "9"\n]]--é{x}.onnx'
    hostile.write_bytes((folder / "logits.onnx").read_bytes())
    again = tmp_path / "LOGITS.onnx"
    again.write_bytes((folder / "logits.onnx").read_bytes())
    file = tmp_path / "game.rbxlx"
    sources = (hostile, folder / "logits", again, folder / "logits")
    done = place(*sources, "-o", file, "--builder", "lune", "--no-verify", "--json")
    assert done.status == 0, done.trouble
    models = json.loads(done.output)["models"]
    assert [each["name"] for each in models] == ["its9x", "logits", "logits2", "logits3"]
    assert [each["title"] for each in models] == ['it\'s "9" ]]--é{x}', "logits", "LOGITS", "logits (2)"]
    instances = contents(file, client)
    assert (
        'title = "it\'s \\"9\\" ]]--\\195\\169{x}"'.replace('\\"', "\\034")
        in instances[f"{SHARED}/settings"]["source"]
    )


REFUSED = {
    "narrow": (
        make_model([helper.make_node("MatMul", ["x", "w"], ["y"])], {"x": floats(1, 4)}, ["y"], {"w": floats(4, 10)}),
        "its input is 4 numbers (1 x 4, f32), and one of 784 numbers of f32 is needed, the pixels of a 28 x 28 picture",
    ),
    "letters": (
        make_model([helper.make_node("MatMul", ["x", "w"], ["y"])], {"x": floats(1, 784)}, ["y"], {"w": floats(784, 26)}),
        "its output is 26 numbers (1 x 26, f32), and one of 10 numbers of f32 is needed, one for each digit",
    ),
    "two": (
        make_model([helper.make_node("MatMul", ["x", "w"], ["a"]), helper.make_node("Add", ["a", "c"], ["y"])], {"x": floats(1, 784), "c": floats(1, 10)}, ["y"], {"w": floats(784, 10)}),
        "its inputs are 784 numbers (1 x 784, f32) and 10 numbers (1 x 10, f32), and one of 784 numbers of f32 is needed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_model_that_reads_no_digits(name: str, tmp_path: Path) -> None:
    model, sentence = REFUSED[name]
    onnx.save(model, tmp_path / f"{name}.onnx")
    done = place(tmp_path / f"{name}.onnx", "-o", tmp_path / "game.rbxl", "--no-verify")
    assert done.status == 2
    assert f"{name}.onnx is not a model that reads digits: {sentence}" in done.error
    package.compile(tmp_path / f"{name}.onnx", tmp_path / "build", verify=False)
    done = place(tmp_path / "build", "-o", tmp_path / "game.rbxl", "--no-verify")
    assert f"build is not a model that reads digits: {sentence}" in done.error
    assert not (tmp_path / "game.rbxl").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["absent.onnx", "-o", "game.rbxl"], "absent.onnx does not exist"),
        (["logits", "absent", "-o", "game.rbxl"], "absent does not exist"),
        (["logits", "-o", "game.txt"], "game.txt ends in .txt; use .rbxl, .rbxlx, .rbxm, .rbxmx, or no ending"),
        (["logits", "-o", "logits.onnx/game.rbxl"], "logits.onnx is a file"),
        (["logits", "-o", "logits"], "logits holds something that is not a game of onnx2luau; choose another one with -o"),
        (["logits", "-o", "logits.onnx"], "logits.onnx ends in .onnx"),
        (["logits", "-o", "folder.rbxl"], "folder.rbxl is a folder; choose another one with -o"),
        (["logits", "-o", "g", "--ink", "nan"], "--paper and --ink take two different numbers, not 0 and nan"),
        (["logits", "-o", "g", "--paper", "1"], "--paper and --ink take two different numbers, not 1 and 1"),
        (["logits", "-o", "g", "--ink", "2", "--ink", "3"], "given once for all models or once for each of the 1, not 2 times"),
        (["logits", "-o", "g", "--ink", "2", "--ink", "3", "--paper", "3", "--paper", "4", "--paper", "5"], "--paper is given 3 times and --ink 2"),
    ],
)  # fmt: skip
def test_bad_usage(
    arguments: list[str], sentence: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "folder.rbxl").mkdir(exist_ok=True)
    before = tree(folder)
    done = place(*arguments)
    assert sentence in done.error
    assert done.status == 2
    assert tree(folder) == before


def test_missing_tools(folder: Path, tmp_path: Path) -> None:
    lost = {"ONNX2LUAU_LUNE": str(tmp_path / "no lune"), "ONNX2LUAU_ROJO": str(tmp_path / "no rojo")}
    file = tmp_path / "game.rbxl"
    done = place(folder / "logits.onnx", "-o", file, **lost)
    assert (done.status, "neither Rojo nor Lune was found" in done.error) == (3, True)
    done = place(folder / "logits.onnx", "-o", file, "--builder", "rojo", **lost)
    assert (done.status, "`onnx2luau doctor --install --rojo` builds it" in done.error) == (3, True)
    done = place(folder / "logits", "-o", tmp_path / "game", **lost)
    assert (done.status, "can't be looked at without Lune" in done.error) == (3, True)
    assert not list(tmp_path.iterdir())
    # The Rojo project of a model needs neither.
    done = place(folder / "shares.onnx", "-o", tmp_path / "game", **lost)
    assert done.status == 0, done.trouble
    assert "the game is not proved" in done.error
    assert "isDistribution = true" in (tmp_path / "game" / "shared" / "settings.luau").read_text()


def test_rojo_that_fails(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "rojo"
    broken.write_text(
        "#!/bin/sh\n[ $1 = --version ] && echo Rojo 7.7.1 && exit\necho 'no such thing' >&2; exit 1\n"
    )
    broken.chmod(0o755)
    done = place(folder / "logits", "-o", tmp_path / "g.rbxl", "--no-verify", ONNX2LUAU_ROJO=str(broken))
    assert done.status == 3
    assert done.error == f"{broken} could not build the file: no such thing (--builder lune does without it)"
    broken.write_bytes(b"no program")
    done = place(folder / "logits", "-o", tmp_path / "g.rbxl", "--no-verify", ONNX2LUAU_ROJO=str(broken))
    assert "can't be started as Rojo" in done.error
    assert [path.name for path in tmp_path.iterdir()] == ["rojo"]


def test_a_changed_game_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    game = tmp_path / "game"
    for _ in range(2):
        assert place(folder / "logits", "-o", game, "--no-verify").status == 0
    (game / "client" / "Digits.client.luau").write_text("-- mine\n")
    before = tree(game)
    done = place(folder / "logits", "-o", game, "--no-verify")
    assert done.status == 2
    assert "has been changed since onnx2luau wrote it (client/Digits.client.luau)" in done.error
    assert tree(game) == before
    done = place(game, "-o", tmp_path / "other", "--no-verify")
    assert "game is a game; give the builds or models that it is made of" in done.error
    assert place(folder / "logits", "-o", game, "--no-verify", "--force").status == 0
    assert (game / "client" / "Digits.client.luau.kept").read_text() == "-- mine\n"
    assert (game / "client" / "Digits.client.luau").read_text() != "-- mine\n"


@pytest.mark.parametrize(
    ("number", "suffix"),
    [(signal.SIGINT, ".rbxl"), (signal.SIGTERM, ""), (signal.SIGKILL, ".rbxl"), (signal.SIGKILL, "")],
)
def test_stopped_in_the_middle(number: signal.Signals, suffix: str, folder: Path, tmp_path: Path) -> None:
    output = tmp_path / f"game{suffix}"
    assert place(folder / "logits", "-o", output, "--no-verify").status == 0
    before = tree(tmp_path)
    arguments = ("place", folder / "shares.onnx", "-o", output, "--no-verify")
    outcome = stopped("writing Luau", number, *arguments, TMPDIR=str(tmp_path.parent))
    assert outcome.status == (-number if number == signal.SIGKILL else 128 + number)
    assert "Traceback" not in outcome.trouble
    assert tree(tmp_path) == before
    assert place(folder / "logits", "-o", output, "--no-verify").status == 0
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("pixels", "sentence"),
    [
        (Pixels(0, 255), "reads pixels from 0 (empty) to 255 (full): pass --ink 255"),
        (Pixels(-1, 1), "reads pixels from -1 (empty) to 1 (full): pass --paper -1"),
        (Pixels(1, 0), "reads pixels from 1 (empty) to 0 (full): pass --paper 1 --ink 0"),
        (
            Pixels(-0.4242, 2.8215),
            "reads pixels from -0.4242 (empty) to 2.8215 (full): pass --paper -0.4242 --ink 2.8215",
        ),
        (
            Pixels(0, 1),
            "so the drawing is too much for it: train it on digits that are moved and drawn in different ways",
        ),
    ],
)
def test_pixels_are_found_out(pixels: Pixels, sentence: str, client: Lune, tmp_path: Path) -> None:
    onnx.save(network(trained(pixels), softmax=False), tmp_path / "reader.onnx")
    package.compile(tmp_path / "reader.onnx", tmp_path / "reader", verify=False)
    with game_folder([tmp_path / "reader"]) as game:
        (entry,) = game.entries
        found = advice([entry], entry, 0.123, client)
        assert found.startswith("reader reads 12.3% of the digits when they are drawn, and 80% are needed; ")
        assert found.endswith(sentence)
        if "pass" in sentence:  # of two models, the other one's are right
            both = advice([replace(entry, pixels=Pixels(0, 2)), entry], entry, 0.123, client)
            assert f"--ink 2 --ink {pixels.ink:g}" in both


def test_wrong_pixels_are_refused_with_what_is_right(tmp_path: Path) -> None:
    onnx.save(network(trained(Pixels(0, 255)), softmax=False), tmp_path / "reader.onnx")
    done = place(tmp_path / "reader.onnx", "-o", tmp_path / "game.rbxl")
    assert done.status == 2
    assert done.error.endswith("(full): pass --ink 255")
    assert not (tmp_path / "game.rbxl").exists()
    done = place(tmp_path / "reader.onnx", "-o", tmp_path / "game.rbxl", "--ink", "255")
    assert done.status == 0, done.trouble
    assert "of 1,000 drawn digits" in done.output


def test_model_that_reads_nothing(folder: Path, tmp_path: Path) -> None:
    done = place(folder / "logits", "-o", tmp_path / "game.rbxl")
    assert done.status == 2
    assert "no usual range of pixels helps" in done.error
    assert not list(tmp_path.iterdir())


def test_shipped_models(client: Lune, tmp_path: Path) -> None:
    file = tmp_path / "digits.rbxl"
    done = place("-o", file, "--json")
    assert done.status == 0, done.trouble
    models = json.loads(done.output)["models"]
    assert [each["name"] for each in models] == ["mnist256", "mnist64", "mnistcnn"]
    assert all(each["accuracy"] >= 0.95 for each in models), models
    instances = contents(file, client)
    assert f"{SHARED}/models/mnistcnn/Model" in instances
