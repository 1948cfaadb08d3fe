"""The crowd example: twenty characters steered by a compiled brain, without Roblox and in its stand-in."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import onnx2luau
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.backends.lune.tools import LUNE, ROJO
from tests.command_line import PATIENCE
from tests.stylua import assert_formatted

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "crowd"
SCRIPTS = ROOT / "tests" / "luau" / "crowd"
CARD = json.loads((FOLDER / "brain.json").read_text("utf-8"))
SEEDS = range(2_000_000, 2_000_003)
"""Worlds that neither training nor the card has seen."""
SECONDS = 60
TICK = 1 / 20
needs_rojo = pytest.mark.skipif(ROJO.find() is None, reason=f"Rojo is absent; `onnx2luau {ROJO.install}`")


@pytest.fixture(scope="module", autouse=True)
def example() -> Iterator[None]:
    """The example's own modules can be imported."""
    sys.path.insert(0, str(FOLDER))
    yield
    sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def brain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crowd") / "brain"
    build = onnx2luau.compile(FOLDER / "brain.keras", folder, target="server")
    assert build.manifest.parameters == CARD["parameters"]
    return folder


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A brain of the same shape that has learnt nothing."""
    from benchmarks.networks import game_brain

    folder = tmp_path_factory.mktemp("crowd") / "untrained"
    onnx2luau.compile(game_brain(), folder, target="server")
    return folder


@pytest.fixture(scope="module")
def place(brain: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's project, with the brain compiled into it, as Rojo builds it."""
    folder = tmp_path_factory.mktemp("place")
    copy_project(folder)
    (folder / "src" / "brain").symlink_to(brain)
    output = folder / "crowd.rbxl"
    done = subprocess.run(
        [ROJO.require(), "build", str(folder), "--output", str(output)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return output


def copy_project(folder: Path) -> None:
    """Copy what belongs to the project; a brain that somebody compiled into it does not."""
    for path in [FOLDER / "default.project.json", *(FOLDER / "src").rglob("*")]:
        relative = path.relative_to(FOLDER)
        if path.is_file() and relative.parts[:2] != ("src", "brain"):
            (folder / relative).parent.mkdir(parents=True, exist_ok=True)
            (folder / relative).write_bytes(path.read_bytes())


def drive(lune: Lune, model: Path, seed: int, seconds: float = SECONDS) -> dict[str, Any]:
    import world

    layout = world.scatter(seed).as_json()
    arguments = {
        "model": lune.require_path(model / "Model.luau", SCRIPTS),
        "layout": layout,
        "ticks": round(seconds / TICK),
        "seconds": TICK,
    }
    driven: dict[str, Any] = lune.call(SCRIPTS / "drive.luau", arguments)
    return driven


def test_the_card_describes_the_brain() -> None:
    model = FOLDER / CARD["model"]
    assert CARD["model_sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()
    assert CARD["parameters"] == 12 * 32 + 32 + 32 * 32 + 32 + 32 * 6 + 6
    assert CARD["agreement"] >= 0.8
    assert model.stat().st_size < 50_000


def test_the_readme_gives_the_figures_of_the_card() -> None:
    text = (FOLDER / "README.md").read_text("utf-8")
    for who in ("brain", "teacher"):
        figures = CARD[who]
        row = next(line for line in text.splitlines() if line.startswith(f"| {who} |"))
        assert f"{figures['goals_a_minute']:.1f}" in row
        assert f"{figures['bumps_a_minute']:.1f}" in row
    assert f"{CARD['agreement']:.0%}" in text


def test_the_teacher_turns_away_from_what_is_near_and_towards_what_it_wants() -> None:
    import teacher

    def choose(whiskers: list[float], ahead: float, side: float, speed: float) -> str:
        return teacher.ACTIONS[teacher.choose(np.array([[*whiskers, ahead, side, 1, speed]]))[0]]

    free = [1.0] * 8
    assert choose(free, 1, 0, 1) == "straight"
    assert choose(free, 0, 1, 1) == "hard right"
    assert choose(free, 0, -1, 1) == "hard left"
    assert choose(free, 0.85, 0.53, 1) == "right"
    ahead = [1, 1, 1, 0.15, 0.15, 1, 1, 1]
    assert choose(ahead, 1, 0, 1) == "brake"
    # On the spot, away from the side where there is less room.
    assert choose([0.3, 0.3, 0.3, 0.15, 0.15, 1, 1, 1], 1, 0, 0) == "hard right"
    assert choose([1, 1, 1, 0.15, 0.15, 0.3, 0.3, 0.3], 1, 0, 0) == "hard left"


@pytest.mark.parametrize("seed", SEEDS)
def test_python_and_luau_sense_and_move_alike(seed: int, client: Lune) -> None:
    import world

    layout = world.scatter(seed)
    here = world.World(layout)
    chance = np.random.default_rng(seed)
    # Each action for some ticks, so that characters get somewhere, and into each other.
    actions = np.repeat(chance.integers(0, 6, (40, 20)), 8, axis=0)
    actions[:, :5] = np.where(actions[:, :5] == 5, 2, actions[:, :5])
    arguments = {"layout": layout.as_json(), "actions": actions.tolist(), "seconds": TICK}
    told = client.call(SCRIPTS / "follow.luau", arguments)
    for tick, chosen in enumerate(actions):
        here.step(chosen, TICK)
        columns = [*here.position.T, here.heading, here.speed, here.reached, here.bumps, here.goal()[:, 0]]
        np.testing.assert_allclose(told["places"][tick], np.stack(columns, axis=1), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(told["sensed"][tick], here.sense(), rtol=1e-9, atol=1e-9)
    assert here.bumps.sum() > 0
    assert np.ptp(np.array(told["sensed"])[:, :, :8]) > 0.9


def test_twenty_characters_find_their_goals(brain: Path, untrained: Path, server: Lune) -> None:
    trained = [drive(server, brain, seed) for seed in SEEDS]
    lost = [drive(server, untrained, seed) for seed in SEEDS]
    reached, bumps = (np.array([each[name] for each in trained]) for name in ("reached", "bumps"))
    assert (reached > 0).mean() >= 0.95
    assert reached.mean() >= 8
    assert bumps.mean() <= 15
    assert reached.mean() >= 4 * np.mean([each["reached"] for each in lost])
    assert bumps.mean() <= np.mean([each["bumps"] for each in lost]) / 4
    # Nobody got through a wall.
    assert all(each["furthest"] < 50 for each in trained)


def test_the_brain_chooses_as_the_teacher_does(brain: Path, client: Lune) -> None:
    import teacher

    driven = drive(client, brain, SEEDS[0])
    senses, chosen = np.array(driven["seen"]), np.array(driven["chosen"])
    assert senses.shape == (20 * SECONDS / TICK / 10, 12)
    agreement = (teacher.choose(senses) == chosen).mean()
    assert agreement >= 0.8
    # Not because one action would nearly always be right.
    assert agreement >= np.bincount(chosen).max() / len(chosen) + 0.2


def test_the_native_code_drives_as_the_interpreter_does(brain: Path, client: Lune, server: Lune) -> None:
    assert drive(client, brain, SEEDS[1], 10) == drive(server, brain, SEEDS[1], 10)


def test_layouts_leave_room(client: Lune) -> None:
    counts = {"obstacles": 14, "starts": 20, "goals": 40}
    for layout in client.call(SCRIPTS / "scatter.luau", {"counts": counts, "seeds": list(range(20))}):
        assert {name: len(layout[name]) for name in counts} == counts
        obstacles = np.array(layout["obstacles"])
        for name, radius in (("starts", 1.5), ("goals", 1.5)):
            places = np.array(layout[name])[:, :2]
            distance = np.linalg.norm(places[:, None] - obstacles[None, :, :2], axis=-1) - obstacles[:, 2]
            assert distance.min() > radius + 2
            assert np.abs(places).max() < 50 - radius


def test_training_is_a_command_that_says_what_it_does() -> None:
    done = subprocess.run(
        [sys.executable, str(FOLDER / "train.py"), "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    assert "--seed" in done.stdout
    assert "brain.keras" in done.stdout


def test_luau_is_strict_and_formatted() -> None:
    sources = [
        path
        for path in [FOLDER / "measure.luau", *(FOLDER / "src").rglob("*.luau"), *SCRIPTS.glob("*.luau")]
        if "brain" not in path.relative_to(ROOT).parts
    ]
    assert len(sources) >= 12
    for source in sources:
        assert source.read_text("utf-8").startswith("--!strict\n"), source
    assert_formatted(*sources)


def test_the_measuring_script_measures(brain: Path, tmp_path: Path) -> None:
    copy_project(tmp_path)
    (tmp_path / "src" / "brain").symlink_to(brain)
    # Fewer rounds: a test needs no figures.
    source = (FOLDER / "measure.luau").read_text("utf-8")
    quick = re.sub(r"ROUNDS = \d+", "ROUNDS = 1", re.sub(r"TICKS = \d+", "TICKS = 5", source))
    assert quick != source
    (tmp_path / "measure.luau").write_text(quick, encoding="utf-8")
    done = subprocess.run(
        [LUNE.require(), "run", "measure.luau"],
        capture_output=True, text=True, check=False, timeout=PATIENCE, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r" [\d.]+ us$", done.stdout, re.M)) == 5


@needs_rojo
def test_the_place_has_the_tree_and_all_requires_resolve(place: Path, client: Lune) -> None:
    told = client.call(ROOT / "tests" / "luau" / "place.luau", {"file": str(place)})
    assert not told["lost"]
    classes = {path: found["class"] for path, found in told["instances"].items()}
    crowd = "ServerScriptService/Crowd"
    assert classes[f"{crowd}/server/Crowd"] == "Script"
    assert classes[f"{crowd}/server/worker"] == "Actor"
    assert classes[f"{crowd}/server/worker/Steer"] == "Script"
    assert classes[f"{crowd}/brain/Model"] == "ModuleScript"
    assert all(len(found.get("source") or "") < 200_000 for found in told["instances"].values())


@needs_rojo
def test_the_server_moves_twenty_characters(place: Path, server: Lune) -> None:
    """In the stand-in for Roblox, which refuses to write parts in a parallel phase."""
    told = server.call(SCRIPTS / "play.luau", {"file": str(place), "frames": 20 * 60})
    assert not told["errors"]
    assert not told["output"]
    assert len(told["characters"]) == 20
    # The template's script stays off.
    assert told["actors"] == {"worker": False, **{f"Worker{number}": True for number in range(1, 5)}}
    assert told["furthest"] < 50
    assert min(character["moved"] for character in told["characters"]) > 0
    assert sum(character["reached"] > 0 for character in told["characters"]) >= 17
    assert sum(character["reached"] for character in told["characters"]) >= 40
    assert sum(character["bumps"] for character in told["characters"]) <= 150
