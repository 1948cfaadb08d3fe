"""The whole chain without a screen: digits are drawn as strokes, and the game reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from onnx2luau.backends.luau.lune import Lune
from onnx2luau.compiler.game.digits import SHIPPED, load_digits
from onnx2luau.compiler.game.folder import Game, game_folder

DRAWN = 1000


@pytest.fixture(scope="module")
def game() -> Iterator[Game]:
    with game_folder(verify=False) as game:
        yield game


@pytest.mark.parametrize("name", [name.replace("_", "") for name in SHIPPED])
def test_drawn_digits_are_read(name: str, game: Game, client: Lune, tmp_path: Path) -> None:
    images, labels = load_digits(DRAWN)
    (tmp_path / "digits").write_bytes(images.tobytes())
    (tmp_path / "labels").write_bytes(labels.astype(np.uint8).tobytes())
    result = client.call(
        "play",
        {
            "settings": client.require_path(game.shared / "settings.luau"),
            "digits": str(tmp_path / "digits"),
            "labels": str(tmp_path / "labels"),
            "model": name,
        },
    )
    assert result["digits"] == DRAWN
    # The count is of these answers: nobody but the labels says what is right.
    assert result["right"] == int(np.sum(np.array(result["answers"]) == labels))
    assert result["right"] / DRAWN >= 0.95
