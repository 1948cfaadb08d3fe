"""What is packed into wheels: all that stands in the package's folder, and the rooms it has links to."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "onnx2luau"


@pytest.mark.parametrize("target", ["sdist", "wheel"])
def test_everything_is_packed(target: str) -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    packed = set(build["targets"][target]["only-include"])
    for path in PACKAGE.iterdir():
        if path.name == "__pycache__":
            continue
        where = path.name if path.is_symlink() else f"src/onnx2luau/{path.name}"
        assert where in packed, f"{where} would be missing in a {target}"
    assert all((ROOT / path).exists() for path in packed)
