"""The whole chain without a screen: digits are drawn as strokes, and the game reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onnx2luau.backends.lune.lune import Lune
from onnx2luau.game.digits import EXAMPLE, SHIPPED, Pixels, load_digits
from onnx2luau.game.folder import Game, game_folder
from onnx2luau.game.sources import PLAY_SCRIPT

DRAWN = 300


@pytest.fixture(scope="module")
def game() -> Iterator[Game]:
    with game_folder(verify=False) as game:
        yield game


def play(game: Game, client: Lune, folder: Path, name: str, count: int = DRAWN, **how: Any) -> dict[str, Any]:
    images, labels = load_digits(count)
    (folder / "digits").write_bytes(images.tobytes())
    (folder / "labels").write_bytes(labels.astype(np.uint8).tobytes())
    result: dict[str, Any] = client.call(
        PLAY_SCRIPT,
        {
            "settings": client.require_path(game.shared / "settings.luau", PLAY_SCRIPT.parent),
            "digits": str(folder / "digits"),
            "labels": str(folder / "labels"),
            "model": name,
            **how,
        },
    )
    assert result["digits"] == count
    # The count is of these answers: nobody but the labels says what is right.
    assert result["right"] == int(np.sum(np.array(result["answers"]) == labels))
    return result


@pytest.mark.parametrize("name", [name.replace("_", "") for name in SHIPPED])
def test_drawn_digits_are_read(name: str, game: Game, client: Lune, tmp_path: Path) -> None:
    assert play(game, client, tmp_path, name)["right"] / DRAWN >= 0.95


def test_reading_while_drawing_ends_in_the_same_answers(game: Game, client: Lune, tmp_path: Path) -> None:
    """Each frame of a stroke adds to the last prediction what the stroke has changed."""
    whole = play(game, client, tmp_path, "mnist256", 300, centring="none")
    while_drawing = play(game, client, tmp_path, "mnist256", 300, centring="none", movesPerFrame=4)
    # `whole` has a frame for each digit, and more of them where the machine is slow: no measure to compare with.
    assert while_drawing["frames"] > 5 * 300
    assert while_drawing["answers"] == whole["answers"]


def test_digits_of_any_size_at_any_place_are_read(game: Game, client: Lune, tmp_path: Path) -> None:
    """As people draw, with the pen that the game begins with. Without fitting, these networks read few of them."""
    how = {"radius": 2, "hand": {"seed": 1, "smallest": 0.6, "largest": 1.3, "shift": 4}}
    fitted, as_drawn = (
        play(game, client, tmp_path, "mnist256", 500, centring=mode, **how)["right"] / 500
        for mode in ("fit", "none")
    )
    assert fitted >= 0.95
    assert as_drawn < 0.7


def test_dividing_by_255_again_would_be_noticed(client: Lune, tmp_path: Path) -> None:
    """The seed's bug: its network read hardly any ink, and gave nearly every digit the same answer."""
    with game_folder([EXAMPLE / "mnist64.keras"], [Pixels(ink=1 / 255)], verify=False) as game:
        assert play(game, client, tmp_path, "mnist64", 200)["right"] / 200 < 0.5
