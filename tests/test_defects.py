"""A fault of ours at the command line: one sentence that asks for a report, and a status of its own."""

from __future__ import annotations

from functools import partial

import pytest

from onnx2luau.version import VERSION
from tests.command_line import Outcome, forked

FAULTY = """
import sys
from onnx2luau.cli import commands

@commands.app.command("fail")
def fail() -> None:
    raise {error}

sys.argv = ["onnx2luau", *{options}, "fail"]
commands.main()
"""
ERRORS = [
    "KeyError('a')", "AssertionError", "RecursionError", "ZeroDivisionError('one\\ntwo')", "RuntimeError('[b]x')",
    "UnicodeDecodeError('utf-8', b'x', 0, 1, 'bad')", "OSError(5, 'bad')", "type('Odd', (Exception,), {})('x')",
]  # fmt: skip


def run(error: str, *options: str) -> Outcome:
    """Run a command of ours that fails."""
    return forked(partial(exec, FAULTY.format(error=error, options=list(options)), {}))


@pytest.mark.parametrize("error", ERRORS)
def test_whatever_is_left_is_one_sentence(error: str) -> None:
    done = run(error)
    kind = "Odd" if "Odd" in error else error.split("(", maxsplit=1)[0]
    assert done.status == 70
    assert done.trouble == (
        f"onnx2luau: this is a fault of onnx2luau {VERSION} ({kind}); please report it with the model and with "
        "what `onnx2luau --debug` prints for the same command\n"
    )
    assert done.output == ""


def test_the_trace_is_shown_where_it_is_wanted() -> None:
    done = run("KeyError('a')", "--debug")
    assert done.status == 70
    assert done.trouble.startswith("Traceback (most recent call last):\n")
    assert "KeyError: 'a'\nonnx2luau: this is a fault of onnx2luau" in done.trouble


@pytest.mark.parametrize(
    ("kind", "status"), [("UsageError", 2), ("DisagreementError", 1), ("MissingToolError", 3)]
)
@pytest.mark.parametrize("is_wanted", [True, False])
def test_a_trace_changes_no_status(kind: str, status: int, is_wanted: bool) -> None:
    error = f"__import__('onnx2luau.compiler.errors', fromlist=['x']).{kind}('so it is')"
    done = run(error, *(["--debug"] if is_wanted else []))
    assert done.status == status
    assert done.trouble.endswith("onnx2luau: so it is\n")
    assert ("Traceback" in done.trouble) == is_wanted
