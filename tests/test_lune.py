"""Lune as a process: whatever it does, the compiler goes on or ends with one sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from onnx2luau.backends.lune.lune import LuauError, Lune
from onnx2luau.backends.lune.process import LuneStoppedError
from onnx2luau.backends.lune.tools import LUNE
from onnx2luau.compiler.errors import MissingToolError

SPIN = "return function() while true do end end\n"
ANSWER = "return function(arguments) return arguments.value + 1 end\n"
needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def script(folder: Path, text: str, name: str = "script.luau") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def wait_for(is_so: object, seconds: float = 60) -> bool:
    """Wait until a condition holds; how long that takes is no matter."""
    assert callable(is_so)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.02)
    return False


def process_of(lune: Lune) -> subprocess.Popen[bytes]:
    assert lune._process is not None
    return lune._process._process


def answers(lune: Lune, folder: Path) -> bool:
    return bool(lune.call(script(folder, ANSWER, "answer.luau"), {"value": 41}) == 42)


def test_a_request_ends_at_its_deadline_and_the_next_one_is_answered(tmp_path: Path) -> None:
    with Lune() as lune:
        with pytest.raises(LuneStoppedError) as caught:
            lune.call(script(tmp_path, SPIN), {}, seconds=1)
        assert str(caught.value) == "Lune did not answer within 1 seconds while it ran script.luau"
        assert caught.value.status == 3
        assert answers(lune, tmp_path)


def test_the_seconds_that_are_left_hold_for_every_request(tmp_path: Path) -> None:
    left = [60.0]
    with Lune(seconds_left=lambda: left[0]) as lune:
        assert answers(lune, tmp_path)
        left[0] = 0.5
        with pytest.raises(LuneStoppedError, match="did not answer"):
            lune.call(script(tmp_path, SPIN), {})


@needs_signals
def test_a_stopped_process_does_not_stop_us(tmp_path: Path) -> None:
    with Lune() as lune:
        assert answers(lune, tmp_path)
        os.kill(process_of(lune).pid, signal.SIGSTOP)
        # More than a pipe holds, so that writing has to wait as well.
        with pytest.raises(LuneStoppedError, match="did not answer within 1 seconds"):
            lune.call(script(tmp_path, ANSWER), {"value": 1, "more": "x" * 2**20}, seconds=1)
        assert answers(lune, tmp_path)


@needs_signals
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (signal.SIGKILL, "was killed by signal 9 (SIGKILL) while it ran script.luau; systems do that where memory runs out"),
        (signal.SIGTERM, "was killed by signal 15 (SIGTERM) while it ran script.luau"),
    ],
)  # fmt: skip
def test_a_killed_process_is_no_disagreement(number: signal.Signals, words: str, tmp_path: Path) -> None:
    with Lune() as lune:
        assert answers(lune, tmp_path)
        timer = threading.Timer(0.3, os.kill, [process_of(lune).pid, number])
        timer.start()
        with pytest.raises(LuneStoppedError) as caught:
            lune.call(script(tmp_path, SPIN), {})
        timer.join()
        assert words in str(caught.value)
        assert caught.value.status == 3
        assert answers(lune, tmp_path)


def test_a_process_that_ends_between_requests_is_started_again(tmp_path: Path) -> None:
    with Lune() as lune:
        assert answers(lune, tmp_path)
        process = process_of(lune)
        process.kill()
        assert wait_for(lambda: process.returncode is not None)
        assert answers(lune, tmp_path)


def test_a_flood_of_standard_error_holds_nothing_up(tmp_path: Path) -> None:
    flood = """
local stdio = require("@lune/stdio")
return function()
	for _ = 1, 64 do
		stdio.ewrite(string.rep("x", 65536))
	end
	return 7
end
"""
    with Lune() as lune:
        assert lune.call(script(tmp_path, flood), {}, seconds=60) == 7
        assert answers(lune, tmp_path)


def test_code_that_ends_the_process_is_told(tmp_path: Path) -> None:
    leave = """
local process, stdio = require("@lune/process"), require("@lune/stdio")
return function()
	stdio.ewrite("last words\\n")
	process.exit(4)
end
"""
    with Lune() as lune:
        with pytest.raises(
            LuneStoppedError, match=r"ended with status 4 while it ran script\.luau: last words"
        ):
            lune.call(script(tmp_path, leave), {})
        assert answers(lune, tmp_path)


def test_code_that_prints_is_told(tmp_path: Path) -> None:
    with Lune() as lune:
        with pytest.raises(LuauError, match="printed 'hello' where Lune's answer is expected"):
            lune.call(script(tmp_path, 'return function() print("hello") return 1 end\n'), {})
        assert answers(lune, tmp_path)


def test_a_line_without_an_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onnx2luau.backends.lune.process.LONGEST_LINE", 1000)
    with Lune() as lune:
        with pytest.raises(LuneStoppedError, match=r"gave no whole answer while it ran script\.luau"):
            lune.call(script(tmp_path, 'return function() return string.rep("x", 2000) end\n'), {})
        assert answers(lune, tmp_path)


def test_progress_comes_before_the_answer(tmp_path: Path) -> None:
    told: list[int] = []
    text = "return function(_, progress) progress(2) progress(3) return 5 end\n"
    with Lune() as lune:
        assert lune.call(script(tmp_path, text), {}, advance=told.append) == 5
    assert told == [2, 3]


def test_an_error_in_between_leaves_no_answer_behind(tmp_path: Path) -> None:
    def refuse(_count: int) -> None:
        raise KeyboardInterrupt

    text = "return function(_, progress) progress(1) return 5 end\n"
    with Lune() as lune:
        with pytest.raises(KeyboardInterrupt):
            lune.call(script(tmp_path, text), {}, advance=refuse)
        assert answers(lune, tmp_path)


def is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    # A zombie that nobody has waited for is dead.
    status = Path(f"/proc/{number}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends when it next reads")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_orphan_ends(number: signal.Signals, tmp_path: Path) -> None:
    program = """
import sys, threading
from pathlib import Path
from onnx2luau.backends.lune.lune import Lune
lune = Lune()
lune.call(Path(sys.argv[1]), {"value": 1})
print(lune._process._process.pid, flush=True)
lune.call(Path(sys.argv[2]), {})
"""
    arguments = [script(tmp_path, ANSWER, "answer.luau"), script(tmp_path, SPIN)]
    parent = subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert is_alive(child)
    parent.send_signal(number)
    parent.communicate()
    assert wait_for(lambda: not is_alive(child))


def fake(folder: Path, text: str) -> Path:
    path = folder / "fake"
    path.write_text(text)
    path.chmod(0o755)
    return path


@needs_signals
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("#!/bin/sh\necho lune 0.9.4\n", "is lune 0.9.4, and Lune 0.10.5 is needed"),
        ("#!/bin/sh\necho lua 5.4\n", "does not say of itself that it is Lune"),
        ("#!/bin/sh\n", "does not say of itself that it is Lune"),
        ("#!/bin/sh\nexit 1\n", "does not say of itself that it is Lune"),
        ("#!/bin/sh\nsleep 1000\n", "does not say of itself that it is Lune"),
        ("#!/bin/sh\nwhile true; do printf x; done\n", "does not say of itself that it is Lune"),
        ("no program", "can't be started as Lune: Exec format error"),
    ],
)
def test_what_the_variable_names_is_not_lune(
    text: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "sleep" in text:
        monkeypatch.setattr("onnx2luau.backends.lune.tools.LONGEST_ANSWER", 0.5)
    path = fake(tmp_path, text)
    monkeypatch.setenv(LUNE.variable, str(path))
    with pytest.raises(MissingToolError) as caught:
        LUNE.find()
    assert str(caught.value).startswith(f"$ONNX2LUAU_LUNE names '{path}', which {sentence}; ")
    assert caught.value.status == 3


@needs_signals
def test_what_the_variable_names_is_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LUNE.variable, str(tmp_path))
    with pytest.raises(MissingToolError, match="which is a folder; "):
        LUNE.find()
    path = fake(tmp_path, "#!/bin/sh\n")
    path.chmod(0o644)
    monkeypatch.setenv(LUNE.variable, str(path))
    with pytest.raises(MissingToolError, match="which is not a program that can be run; "):
        LUNE.find()
    monkeypatch.setenv(LUNE.variable, str(tmp_path / "absent"))
    assert LUNE.find() is None
    with pytest.raises(
        MissingToolError, match="which does not exist; `onnx2luau doctor --install` builds it"
    ):
        LUNE.require()


@needs_signals
def test_what_does_not_work_on_the_path_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = LUNE.require()
    fake(tmp_path, "#!/bin/sh\necho 'no tool of this name' >&2; exit 1\n").rename(tmp_path / "lune")
    monkeypatch.delenv(LUNE.variable, raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    found = LUNE.find()
    assert found is None or found != tmp_path / "lune"
    # Where there is one that works, it is taken.
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".rokit" / "bin").mkdir(parents=True)
    (tmp_path / ".rokit" / "bin" / "lune").symlink_to(real)
    assert LUNE.find() == tmp_path / ".rokit" / "bin" / "lune"
