"""Where Lune and Rojo are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from onnx2luau.compiler.errors import MissingToolError


@dataclass(frozen=True)
class Tool:
    """A program that cargo builds into the user's cache folder."""

    title: str
    version: str
    install: str
    """The options of `onnx2luau doctor` that build it."""
    minutes: int
    """What that takes on two cores."""
    crates: int

    @property
    def name(self) -> str:
        """The name of its crate and its program."""
        return self.title.lower()

    @property
    def variable(self) -> str:
        """The environment variable that says where it is."""
        return f"ONNX2LUAU_{self.title.upper()}"

    def cache_root(self) -> Path:
        """Return the folder in which `doctor` builds it, one for all clones of a user."""
        return platformdirs.user_cache_path("onnx2luau") / f"{self.name}-{self.version}"

    def find(self) -> Path | None:
        """Look for it where its variable says, on PATH, in Rokit's folder and in the user's cache folder."""
        program = f"{self.name}.exe" if sys.platform == "win32" else self.name
        named = os.environ.get(self.variable)
        if named:
            return Path(named) if Path(named).is_file() else None
        on_path = shutil.which(self.name)
        candidates = [
            *([Path(on_path)] if on_path else []),
            Path.home() / ".rokit" / "bin" / program,
            self.cache_root() / "bin" / program,
        ]
        return next((path for path in candidates if path.is_file()), None)

    def require(self) -> Path:
        """Return its path; MissingToolError says how to get it."""
        found = self.find()
        if found is None:
            named = os.environ.get(self.variable)
            where = (
                f"${self.variable} names {named!r}, which is no file"
                if named
                else f"{self.title} was not found"
            )
            raise MissingToolError(
                f"{where}; `onnx2luau {self.install}` builds it (about {self.minutes} minutes, once), "
                f"or install it with Rokit or from a release and set ${self.variable}"
            )
        return found

    def found_version(self) -> str | None:
        """Return what it says its version is, or None without it."""
        path = self.find()
        if path is None:
            return None
        try:
            answer = subprocess.run(
                [path, "--version"], capture_output=True, text=True, check=False, timeout=30
            )
        except OSError as error:
            return f"{self.title} that does not start ({error.strerror})"
        return answer.stdout.strip() or f"{self.title} that does not answer"


LUNE = Tool("Lune", "0.10.5", "doctor --install", 7, 313)
ROJO = Tool("Rojo", "7.7.1", "doctor --install --rojo", 7, 230)
