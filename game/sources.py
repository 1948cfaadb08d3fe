"""Where the game's own Luau is: what is copied, and what Lune runs to build and to play it."""

from __future__ import annotations

from pathlib import Path

SOURCES = Path(__file__).resolve().parent
COPIED = ("canvas", "play", "ui")
"""The folders that every game has."""
WEB = SOURCES / "web"
"""The page."""
PLACE_SCRIPT = SOURCES / "host" / "place.luau"
"""Builds a file of a Rojo project."""
PLAY_SCRIPT = SOURCES / "host" / "play.luau"
"""Draws digits, and has a model read them."""
