"""Files that come with the package; in its repository, they stand where people look for them."""

from __future__ import annotations

from pathlib import Path


def packaged(path: str) -> Path:
    """Return a file or folder by its path in the repository, such as examples/tinymnist."""
    places = (folder / path for folder in Path(__file__).resolve().parents)
    return next((place for place in places if place.exists()), Path(__file__).parent / path)
