"""One Lune process: started, spoken to line by line, and ended, whatever happens to it or to us."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue

from onnx2luau.backends.lune.tools import kill_group
from onnx2luau.compiler.errors import MissingToolError

LONGEST_LINE = 2**28
LONGEST_TROUBLE = 2**12
"""Bytes of its standard error that are kept: the last ones."""
LONGEST_WAIT = 1e6
"""Seconds; threads can't wait for much more."""
LAST_WORDS = 1.0
"""Seconds in which a process that has closed its output ends by itself."""
KILLED = 9
PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of Linux."""
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class LuneStoppedError(MissingToolError):
    """Lune was killed, ended by itself, or did not answer in time, which says nothing about its code."""


class LuneProcess:
    """A running Lune. On Linux it ends with this process, even where that is killed.

    Elsewhere it ends when it next reads its input.
    """

    def __init__(self, path: Path, script: Path, environment: Mapping[str, str]) -> None:
        """Start a script; MissingToolError when that can't be done."""
        self._trouble = b""
        self._late: float | None = None
        self._has_ended = False
        self._ending = threading.Lock()
        started: SimpleQueue[subprocess.Popen[bytes] | OSError] = SimpleQueue()
        # A thread of its own, because the system counts the death of the thread that started a process.
        self._owner = threading.Thread(
            target=self._own, args=([path, "run", script], dict(environment), started), daemon=True
        )
        self._owner.start()
        outcome = started.get()
        if isinstance(outcome, OSError):
            raise MissingToolError(f"{path} can't be started as Lune: {outcome.strerror}") from None
        self._process = outcome

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return not self._has_ended

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Kill it if the block takes longer, so that nothing in the block waits for ever."""
        timer = threading.Timer(min(seconds, LONGEST_WAIT), self._expire, [seconds])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def write(self, line: str, doing: str) -> None:
        """Send it a line; LuneStoppedError when it has ended. `doing` is for the message."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        try:
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise self._stopped(doing) from None

    def read(self, doing: str) -> str:
        """Return its next line; LuneStoppedError when it has ended. `doing` is for the message."""
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        line = self._process.stdout.readline(LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise self._stopped(doing)
        return line.decode("utf-8", "replace")

    def close(self) -> None:
        """End it, and what it may have started."""
        self._kill()
        self._owner.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None  # noqa: S101 - pipes were asked for
            with suppress(OSError):
                pipe.close()

    def _own(
        self,
        command: list[str | Path],
        environment: dict[str, str],
        started: SimpleQueue[subprocess.Popen[bytes] | OSError],
    ) -> None:
        """Start the process and read its standard error to the end, so that it never waits for a reader."""
        parent = os.getpid()
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,
                preexec_fn=(lambda: _end_with(parent)) if _libc is not None else None,  # noqa: PLW1509 - it takes no lock
            )
        except OSError as error:
            started.put(error)
            return
        started.put(process)
        assert process.stderr is not None  # noqa: S101 - a pipe was asked for
        with process.stderr as stream:
            while block := os.read(stream.fileno(), LONGEST_TROUBLE):
                self._trouble = (self._trouble + block)[-LONGEST_TROUBLE:]
        self._reap(process)

    def _reap(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for its end, and end what it has left. Until it is reaped, no other process has its number."""
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        else:
            process.wait()
        with self._ending:
            if hasattr(os, "waitid"):
                kill_group(process)
            process.wait()
            self._has_ended = True

    def _kill(self) -> None:
        with self._ending:
            if not self._has_ended:
                kill_group(self._process)

    def _expire(self, seconds: float) -> None:
        self._late = seconds
        self._kill()

    def _stopped(self, doing: str) -> LuneStoppedError:
        """End what is left of it, and return why it gives no answer."""
        self._owner.join(LAST_WORDS)
        is_late, has_ended = self._late is not None, self._has_ended
        self.close()
        if is_late:
            return LuneStoppedError(f"Lune did not answer within {self._late:,.0f} seconds while it {doing}")
        status = self._process.returncode
        why = f"ended with status {status} while it {doing}"
        if not has_ended:
            why = f"gave no whole answer while it {doing}"
        elif status < 0:
            why = f"was killed by signal {-status} ({_signal_name(-status)}) while it {doing}"
        if has_ended and status == -KILLED:
            why += "; systems do that where memory runs out: try fewer samples, or a smaller model"
        trouble = " ".join(self._trouble.decode("utf-8", "replace").split())[-500:]
        return LuneStoppedError(f"Lune {why}{': ' if trouble else ''}{trouble}")


def _end_with(parent: int) -> None:
    """Ask Linux, in the new process, to kill it when the thread that started it ends."""
    assert _libc is not None  # noqa: S101 - asked before
    _libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before that was asked
        os._exit(1)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
