"""Processes with limits of time and memory, each of which takes the next command as soon as it has answered one."""

from __future__ import annotations

import json
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

PATIENCE = 60.0
"""Seconds that a command may take."""
MOST_COMMANDS = 200
"""Commands of one process, so that none of them suffers from what others left."""
PROGRAM = (sys.executable, "-m", "tests.hostile.worker")
DONE, REFUSED = "0", "2"
"""Statuses of a command that is through, and of one that refuses a file."""
NO_MEMORY = ("there is not enough memory for this model", "bad_alloc", "MemoryError")


@dataclass(frozen=True)
class Answer:
    """What came of a command: `fault` is empty if all is well."""

    fault: str
    words: str
    seconds: float
    is_refusal: bool = False
    peak: int = 0
    """The most memory of the process so far, in bytes."""


class Worker:
    """A process that answers; it is started anew when it has died, was killed or has done enough."""

    def __init__(self, program: Sequence[str] = PROGRAM) -> None:
        self._program = program
        self._process: subprocess.Popen[str] | None = None
        self._done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._end()

    def ask(self, arguments: list[str], patience: float = PATIENCE) -> Answer:
        """Run a command and judge it. The first one of a process may take longer, since it imports everything."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        began = time.monotonic()
        process.stdin.write(json.dumps(arguments) + "\n")
        process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            is_there = bool(selector.select(patience * (2 if self._done == 0 else 1)))
        seconds = time.monotonic() - began
        line = process.stdout.readline() if is_there else ""
        self._done += 1
        if not line:
            fault = "it died" if is_there else f"it takes more than {patience:.0f} seconds"
            words = self._end()
            return Answer(fault, words, seconds)
        answer = json.loads(line)
        fault, is_refusal = _fault(answer), str(answer["status"]) == REFUSED
        return Answer(fault, answer["words"], seconds, is_refusal and not fault, answer["peak"])

    def _running(self) -> subprocess.Popen[str]:
        if self._done >= MOST_COMMANDS:
            self._end()
        if self._process is None:
            self._trouble = tempfile.TemporaryFile("w+")  # noqa: SIM115 - as long as the process
            self._process = subprocess.Popen(
                self._program,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._trouble,
                text=True,
                cwd=Path(__file__).parents[2],
            )
            self._done = 0
        return self._process

    def _end(self) -> str:
        """Kill the process and return the last that it said."""
        if self._process is None:
            return ""
        self._process.kill()
        self._process.communicate()
        self._process, self._done = None, 0
        with self._trouble as trouble:
            trouble.seek(0)
            return trouble.read()[-2000:]


def _fault(answer: dict[str, object]) -> str:
    status, words = str(answer["status"]), str(answer["words"])
    if any(word in words for word in NO_MEMORY):
        return "it takes more memory than there is"
    if status == "1":
        return "it disagrees with ONNX Runtime"
    return "" if status in (DONE, REFUSED) else f"status {status}"


@dataclass(frozen=True)
class Command:
    """A command line, the file or folder that is damaged, and where the command writes to."""

    kind: str
    arguments: list[str]
    file: Path
    output: Path

    def forget(self) -> None:
        """Remove both."""
        for path in (self.file, self.output):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def run(commands: Iterator[Command], jobs: int) -> Iterator[tuple[Command, Answer]]:
    """Yield each command with what came of it, in any order."""
    workers = [Worker() for _ in range(jobs)]
    free = list(workers)

    def ask(command: Command) -> tuple[Command, Answer]:
        worker = free.pop()
        try:
            return command, worker.ask(command.arguments)
        finally:
            free.append(worker)

    try:
        with ThreadPoolExecutor(jobs) as threads:
            pending = {threads.submit(ask, command) for command in islice(commands, jobs)}
            while pending:
                done = next(as_completed(pending))
                pending.remove(done)
                yield done.result()
                pending |= {threads.submit(ask, command) for command in islice(commands, 1)}
    finally:
        for worker in workers:
            worker.__exit__(None, None, None)
