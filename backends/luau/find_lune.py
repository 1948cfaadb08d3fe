"""Where Lune is."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import platformdirs

from onnx2luau.compiler.errors import MissingToolError

VERSION = "0.10.5"
VARIABLE = "ONNX2LUAU_LUNE"


def cache_root() -> Path:
    """Return the folder in which `doctor --install` builds Lune, one for all clones of a user."""
    return platformdirs.user_cache_path("onnx2luau") / f"lune-{VERSION}"


def find_lune() -> Path | None:
    """Look for Lune in $ONNX2LUAU_LUNE, on PATH, in Rokit's folder and in the user's cache folder."""
    name = "lune.exe" if sys.platform == "win32" else "lune"
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named) if Path(named).is_file() else None
    on_path = shutil.which("lune")
    candidates = [
        *([Path(on_path)] if on_path else []),
        Path.home() / ".rokit" / "bin" / name,
        cache_root() / "bin" / name,
    ]
    return next((path for path in candidates if path.is_file()), None)


def require_lune() -> Path:
    """Return Lune's path; MissingToolError says how to get it."""
    found = find_lune()
    if found is None:
        named = os.environ.get(VARIABLE)
        where = f"${VARIABLE} names {named!r}, which is no file" if named else "Lune was not found"
        raise MissingToolError(
            f"{where}; `onnx2luau doctor --install` builds it (about 7 minutes, once), "
            f"or install it with Rokit or from a release and set ${VARIABLE}"
        )
    return found
