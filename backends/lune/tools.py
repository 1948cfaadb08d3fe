"""Where Lune and Rojo are."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import platformdirs

from onnx2luau.compiler.errors import MissingToolError

LONGEST_ANSWER = 10.0
"""Seconds in which a program says its version."""
LONGEST_LINE = 200


@dataclass(frozen=True)
class Tool:
    """A program that cargo builds into the user's cache folder."""

    title: str
    version: str
    oldest: tuple[int, int]
    """The first version that has what is needed of it, as far as that is known."""
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
        """Look where its variable says, or else on PATH, in Rokit's folder and in the user's cache folder.

        What does not work there is passed over; MissingToolError for what the variable names and is not it.
        """
        named = os.environ.get(self.variable)
        if not named:
            return next((path for path in self._places() if path.is_file() and not self.trouble(path)), None)
        if not os.path.exists(named):
            return None
        trouble = self.trouble(Path(named))
        if trouble:
            raise MissingToolError(f"${self.variable} names {named!r}, which {trouble}; {self._advice()}")
        return Path(named)

    def require(self) -> Path:
        """Return its path; MissingToolError says how to get it."""
        found = self.find()
        if found is None:
            named = os.environ.get(self.variable)
            where = f"${self.variable} names {named!r}, which does not exist"
            raise MissingToolError(f"{where if named else f'{self.title} was not found'}; {self._advice()}")
        return found

    def trouble(self, path: Path) -> str:
        """Return what is wrong with a program that should be it, to be said after "which"; else nothing."""
        if path.is_dir():
            return "is a folder"
        if not os.access(path, os.X_OK):
            return "is not a program that can be run"
        try:
            answer = first_words(path, path.stat().st_mtime_ns)
        except OSError as error:
            return f"can't be started as {self.title}: {error.strerror}"
        match = re.match(rf"{self.name} v?(\d+)\.(\d+)", answer, re.IGNORECASE)
        if match is None:
            return f"does not say of itself that it is {self.title}"
        if (int(match[1]), int(match[2])) < self.oldest:
            return f"is {answer.strip()}, and {self.title} {self.version} is needed"
        return ""

    def found_version(self) -> str | None:
        """Return what it says its version is, or None without it."""
        path = self.find()
        return None if path is None else first_words(path, path.stat().st_mtime_ns).strip()

    def _places(self) -> list[Path]:
        program = f"{self.name}.exe" if sys.platform == "win32" else self.name
        on_path = shutil.which(self.name)
        rokit, own = Path.home() / ".rokit" / "bin" / program, self.cache_root() / "bin" / program
        return [*([Path(on_path)] if on_path else []), rokit, own]

    def _advice(self) -> str:
        return (
            f"`onnx2luau {self.install}` builds it (about {self.minutes} minutes, once), "
            f"or install it with Rokit or from a release and set ${self.variable}"
        )


@cache
def first_words(path: Path, _changed: int) -> str:
    """Return the first line of what a program says its version is; OSError if it can't start.

    It is ended after a while, whether it has answered or not. Asked once for each state of the file.
    """
    with subprocess.Popen(
        [path, "--version"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        timer = threading.Timer(LONGEST_ANSWER, kill_group, [process])
        timer.start()
        try:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            return process.stdout.readline(LONGEST_LINE).decode("utf-8", "replace")
        finally:
            timer.cancel()
            kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that leads a group, and what it has started: Rokit's programs start others."""
    if sys.platform == "win32":
        process.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


LUNE = Tool("Lune", "0.10.5", (0, 10), "doctor --install", 7, 313)
ROJO = Tool("Rojo", "7.7.1", (7, 0), "doctor --install --rojo", 7, 230)
