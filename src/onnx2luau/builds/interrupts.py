"""The signals that stop the program: it leaves by an exception, and never in the middle of a swap."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Ctrl-C, `kill`, a terminal that is closed, and Ctrl-Break of Windows."""
SIGNALS = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))
SIGNALLED = 128
"""What shells add to a signal's number for the exit status."""

_arrived: list[int] = []


class Interrupted(SystemExit):
    """The program was told to stop, by a signal of this number."""

    def __init__(self, number: int) -> None:
        self.status = SIGNALLED + number
        super().__init__(self.status)


def leave_at_once() -> None:
    """Until `leave_by_exception`: a signal ends the program with one line, since nothing was begun yet.

    Modules are imported meanwhile, and an exception among them may be swallowed or taken for another error.
    """
    _install(_leave)


def leave_by_exception() -> None:
    """From now on a signal raises `Interrupted` in the main thread, so that half a build is cleaned up."""
    _install(_raise)


def was_interrupted() -> Interrupted | None:
    """Return the interrupt that arrived, also if somebody made another error of it."""
    return Interrupted(_arrived[0]) if _arrived else None


@contextmanager
def held_back() -> Iterator[None]:
    """Let signals wait until the block has ended, so that what it does is done as a whole."""
    if threading.current_thread() is not threading.main_thread():
        yield  # handlers run in the main thread only, and raise there
        return
    waiting: list[int] = []
    before = {number: signal.getsignal(number) for number in SIGNALS}
    changed = {number: each for number, each in before.items() if callable(each) or each == signal.SIG_DFL}
    try:
        for number in changed:
            signal.signal(number, lambda number, _frame: waiting.append(number))
        yield
    finally:
        for number, handler in changed.items():
            signal.signal(number, handler)
    for number in waiting[:1]:
        signal.raise_signal(number)


def _install(handler: Callable[[int, FrameType | None], Any]) -> None:
    for number in SIGNALS:
        # A program that was started with nohup, or in the background, is not to be stopped by them.
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, handler)


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.stderr.write("onnx2luau: interrupted; nothing was changed\n")
    sys.stderr.flush()
    os._exit(SIGNALLED + number)


def _raise(number: int, _frame: FrameType | None) -> None:
    _arrived.append(number)
    raise Interrupted(number)
