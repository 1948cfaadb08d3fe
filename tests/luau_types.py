"""Asks Luau's type checker what is wrong with modules."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import platformdirs


def find_type_checker() -> str:
    """Return the path of tests/type_checker as it was built: $ONNX2LUAU_TYPES, or where `make` puts it."""
    built = platformdirs.user_cache_path("onnx2luau").glob("type-checker-*/bin/type-checker")
    newest = sorted(built, key=lambda path: path.stat().st_mtime)
    found = os.environ.get("ONNX2LUAU_TYPES") or (str(newest[-1]) if newest else None)
    assert found, "the type checker was not found: run `make unit`, which builds it"
    return found


def type_problems(*paths: Path) -> list[str]:
    """Return what is wrong with the modules in files and folders, as `FILE:LINE:COLUMN: MESSAGE`."""
    result = subprocess.run(
        [find_type_checker(), *paths], capture_output=True, text=True, check=False, timeout=300
    )
    assert result.returncode in (0, 1), result.stderr
    assert bool(result.stdout) == bool(result.returncode), result.stderr
    return result.stdout.splitlines()
