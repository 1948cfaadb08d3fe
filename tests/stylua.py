"""Asks StyLua whether it would leave generated files as they are."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import platformdirs


def find_stylua() -> str:
    """Return StyLua's path: $ONNX2LUAU_STYLUA, PATH, or the cache folder that `make` fills."""
    named = os.environ.get("ONNX2LUAU_STYLUA") or shutil.which("stylua")
    cached = sorted(platformdirs.user_cache_path("onnx2luau").glob("stylua-*/bin/stylua"))
    found = named or (str(cached[-1]) if cached else None)
    assert found, "StyLua was not found: run `make unit`, which builds it"
    return found


def assert_formatted(*paths: Path) -> None:
    """Assert that StyLua leaves every file below the paths unchanged."""
    result = subprocess.run([find_stylua(), "--check", *paths], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
