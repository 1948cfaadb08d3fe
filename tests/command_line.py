"""Runs the `onnx2luau` command as users do: as a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

PATIENCE = 900
"""Seconds after which a process hangs; far more than any takes on a machine that is busy with other things."""

FORKS = multiprocessing.get_context("forkserver")
"""Its processes come from one that has imported everything, which takes a second each time otherwise."""
FORKS.set_forkserver_preload(["onnx2luau.cli.commands", "onnxruntime"])

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
    """Run the command in a process of its own and return its outcome."""
    return forked(partial(_command, list(map(str, arguments))), cwd, **environment)


def onnx2luau_afresh(*arguments: str | Path, **environment: str) -> Outcome:
    """Run it in an interpreter that starts anew, for variables that Python reads at its start."""
    result = subprocess.run(
        [sys.executable, "-m", "onnx2luau", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200", **environment},
        timeout=PATIENCE,
    )
    return Outcome(result.returncode, result.stdout, result.stderr)


def forked(program: Callable[[], object], cwd: Path | None = None, **environment: str) -> Outcome:
    """Run a program in a process of its own and return its outcome."""
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("output", "trouble")]
        process = FORKS.Process(
            target=_start, args=(program, streams, cwd or Path.cwd(), {"COLUMNS": "200", **environment})
        )
        process.start()
        process.join(PATIENCE)
        if process.exitcode is None:
            process.kill()
        output, trouble = (stream.read_text("utf-8") for stream in streams)
        assert process.exitcode is not None, f"it hangs\n{output}\n{trouble}"
        return Outcome(process.exitcode, output, trouble)


def _start(
    program: Callable[[], object], streams: Sequence[Path], cwd: Path, environment: Mapping[str, str]
) -> None:
    for stream, path in zip((sys.stdout, sys.stderr), streams, strict=True):
        os.dup2(os.open(path, os.O_CREAT | os.O_WRONLY), stream.fileno())
    os.environ.update(environment)
    os.chdir(cwd)
    program()


def _command(arguments: list[str]) -> None:
    sys.argv = ["onnx2luau", *arguments]
    runpy.run_module("onnx2luau", run_name="__main__")


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
