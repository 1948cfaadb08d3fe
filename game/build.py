"""A game folder as a file that Roblox Studio opens: by Rojo, or by Lune where there is no Rojo."""

from __future__ import annotations

import subprocess
from pathlib import Path

from onnx2luau.backends.lune.lune import Lune
from onnx2luau.backends.lune.tools import LUNE, ROJO
from onnx2luau.compiler.errors import MissingToolError, UsageError
from onnx2luau.game.project import MODEL, PLACE
from onnx2luau.game.sources import PLACE_SCRIPT

PROJECTS = {".rbxl": PLACE, ".rbxlx": PLACE, ".rbxm": MODEL, ".rbxmx": MODEL}
"""The project that each kind of file is built from: places, and models to be put into places."""


def choose_builder(wanted: str) -> str:
    """Return `rojo` or `lune`, for `auto` the first that is there. MissingToolError when it is not."""
    if wanted == "auto":
        if ROJO.find() is None and LUNE.find() is None:
            raise MissingToolError(
                "neither Rojo nor Lune was found, and one of them builds the file; "
                f"`onnx2luau {LUNE.install}` builds Lune, "
                "or give -o a name without an ending for the Rojo project"
            )
        return "rojo" if ROJO.find() is not None else "lune"
    (ROJO if wanted == "rojo" else LUNE).require()
    return wanted


def project_for(output: Path) -> str | None:
    """Return the project that a file is built from; None for a folder, UsageError for another ending."""
    suffix = output.suffix.lower()
    if suffix and suffix not in PROJECTS:
        raise UsageError(
            f"{output} ends in {output.suffix}; use {', '.join(PROJECTS)}, or no ending for the Rojo project"
        )
    return PROJECTS.get(suffix)


def build_file(folder: Path, output: Path, builder: str) -> None:
    """Build a place or a model from a game folder; the file's ending says which."""
    project = folder / (project_for(output) or PLACE)
    if builder == "lune":
        with Lune() as lune:
            lune.call(PLACE_SCRIPT, {"project": str(project.resolve()), "output": str(output.resolve())})
        return
    rojo = ROJO.require()
    try:
        done = subprocess.run(
            [rojo, "build", project, "--output", output], capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise MissingToolError(f"{rojo} can't be started as Rojo: {error.strerror}") from None
    if done.returncode != 0 or not output.is_file():
        reason = " ".join(done.stderr.split())[-300:] or f"it ended with status {done.returncode}"
        raise MissingToolError(f"{rojo} could not build the file: {reason} (--builder lune does without it)")
