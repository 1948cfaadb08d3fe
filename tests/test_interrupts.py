"""Told to stop at any moment, also while modules are imported: the status of the signal, and one true line."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from onnx2luau.builds import interrupts
from tests.command_line import PATIENCE

# The signal comes when a certain module is asked for; what follows is swallowed or not, as such modules do.
PROGRAM = """
import os, signal, sys

module, number, how = sys.argv[1], int(sys.argv[2]), sys.argv[3]
sys.argv[1:] = ["inspect", "absent.onnx"]

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            sys.meta_path.remove(self)
            try:
                os.kill(os.getpid(), number)
            except BaseException:
                raise ImportError("some library takes it for a failure of its own") from None

sys.meta_path.insert(0, Watch())
if how == "ignored":
    signal.signal(number, signal.SIG_IGN)
from onnx2luau.cli import main
main()
"""
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def stopped(module: str, number: signal.Signals, how: str = "heeded") -> tuple[int, str]:
    """Return the status and the words of a command that gets a signal when a module is imported."""
    command = [sys.executable, "-c", PROGRAM, module, str(int(number)), how]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("module", "number"),
    [*(("typer", number) for number in SIGNALS), ("numpy", signal.SIGINT), ("onnx", signal.SIGINT)],
)
def test_while_modules_are_imported(module: str, number: signal.Signals) -> None:
    assert stopped(module, number) == (128 + number, "onnx2luau: interrupted; nothing was changed\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_signals_that_are_ignored_stay_so(number: signal.Signals) -> None:
    assert stopped("typer", number, "ignored") == (2, "onnx2luau: absent.onnx does not exist\n")


def test_signals_wait_until_a_block_has_ended() -> None:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    events = []
    signal.signal(signal.SIGTERM, lambda _number, _frame: events.append("handled"))
    try:
        with interrupts.held_back():
            for _ in range(2):
                signal.raise_signal(signal.SIGTERM)
            events.append("done")
        assert events == ["done", "handled"]
        with pytest.raises(KeyError), interrupts.held_back():
            raise KeyError
    finally:
        signal.signal(signal.SIGTERM, before[signal.SIGTERM])
    assert {number: signal.getsignal(number) for number in SIGNALS} == before
