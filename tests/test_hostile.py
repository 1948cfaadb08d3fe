"""The campaign on damaged files sees what it looks for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.commands import KINDS
from tests.hostile.pool import Worker

FAULTY = """
import os
import sys
import time

from onnx2luau.cli.commands import app
from tests.hostile import worker

@app.command("good")
def good() -> None:
    print("all is well")

@app.command("refuse")
def refuse() -> None:
    from onnx2luau.compiler.errors import ModelError
    raise ModelError("this is not a model")

@app.command("disagree")
def disagree() -> None:
    from onnx2luau.compiler.errors import DisagreementError
    raise DisagreementError("other numbers")

@app.command("fail")
def fail() -> None:
    raise KeyError("a")

@app.command("eat")
def eat() -> None:
    bytearray(8 << 30)

@app.command("hang")
def hang() -> None:
    time.sleep(1000)

@app.command("die")
def die() -> None:
    os.abort()

worker.main()
"""
FAULTS = {
    "good": "",
    "refuse": "",
    "disagree": "it disagrees with ONNX Runtime",
    "fail": "status 70",
    "eat": "it takes more memory than there is",
    "die": "it died",
    "--no-such-option": "",
}


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker([sys.executable, "-c", FAULTY]) as worker:
        yield worker


@pytest.mark.parametrize("command", FAULTS)
def test_each_fault_is_seen(command: str, worker: Worker) -> None:
    answer = worker.ask([command])
    assert answer.fault == FAULTS[command], answer.words
    assert answer.is_refusal == (command in ("refuse", "--no-such-option"))
    assert ("KeyError: 'a'" in answer.words) == (command == "fail")


@pytest.mark.parametrize("kind", ["onnx", "samples", "builds", "graphs"])
def test_damaged_files_end_in_success_or_a_sentence(kind: str, tmp_path: Path) -> None:
    """A few of each kind; `make campaign` gives thousands."""
    _, commands = KINDS[kind]
    with Worker() as worker:
        answers = [worker.ask(command.arguments) for command in commands(1, 25, tmp_path)]
    assert len(answers) == 25
    assert [answer for answer in answers if answer.fault] == []
    assert any(answer.is_refusal for answer in answers)


def test_a_command_that_hangs_is_ended_and_others_go_on(worker: Worker) -> None:
    worker.ask(["good"])
    assert worker.ask(["hang"], patience=1).fault == "it takes more than 1 seconds"
    assert worker.ask(["good"]).fault == ""
