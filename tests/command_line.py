"""Runs the `onnx2luau` command as users do: as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 900
"""Seconds after which a process hangs; far more than any takes on a machine that is busy with other things."""


WAITING = """
import runpy
import time
from rich.console import Console

say = Console.print

def wait(console, *words, **how):
    say(console, *words, **how)
    console.file.flush()
    if any({moment!r} in str(word) for word in words):
        time.sleep(1000)

Console.print = wait
runpy.run_module("onnx2luau", run_name="__main__")
"""


@dataclass(frozen=True)
class Outcome:
    """What a command left: its status and its two streams."""

    status: int
    output: str
    trouble: str

    @property
    def error(self) -> str:
        """The error line, without the program's name before it."""
        assert "Traceback" not in self.trouble, self.trouble
        lines = [line for line in self.trouble.splitlines() if line.startswith("onnx2luau: ")]
        assert len(lines) == 1, self.trouble
        return lines[0].removeprefix("onnx2luau: ")


def onnx2luau(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> Outcome:
    """Run the command and return its outcome."""
    result = subprocess.run(
        [sys.executable, "-m", "onnx2luau", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "COLUMNS": "200", **environment},
        timeout=PATIENCE,
    )
    return Outcome(result.returncode, result.stdout, result.stderr)


def stopped(moment: str, number: signal.Signals, *arguments: str | Path, **environment: str) -> Outcome:
    """Run the command until it says a line with some words in it, and stop it there by a signal.

    It waits at that line, so the signal never comes after the end, however fast the machine is.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING.format(moment=moment), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "200", **environment},
    )
    assert process.stderr is not None
    for line in process.stderr:
        if moment in line:
            break
    process.send_signal(number)
    output, trouble = process.communicate(timeout=PATIENCE)
    return Outcome(process.returncode, output, trouble)


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, to see whether anything changed."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
