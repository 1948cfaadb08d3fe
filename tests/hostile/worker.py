"""A process that runs command lines one after another: lists of arguments in, what came of them out, as JSON."""

from __future__ import annotations

import io
import json
import os
import resource
import sys
import traceback
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

MOST_MEMORY = 4 << 30
"""Bytes of address space."""


def main() -> None:
    """Answer until there is nothing more to do."""
    # Whatever else writes to standard output must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    for line in sys.stdin:
        answers.write(json.dumps(run(json.loads(line))) + "\n")
        answers.flush()


def run(arguments: list[str]) -> dict[str, Any]:
    """Run one command as the user's shell would, and return its status, its words and the most memory so far."""
    from onnx2luau.cli.commands import main as command_line

    words = io.StringIO()
    sys.argv = ["onnx2luau", "--debug", *arguments]
    with redirect_stderr(words), redirect_stdout(io.StringIO()):
        try:
            command_line()
            status: object = 0
        except SystemExit as leaving:
            status = leaving.code or 0
        except BaseException:
            status = "uncaught"
            traceback.print_exc(file=words)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"status": status, "words": words.getvalue()[-8000:], "peak": peak}


if __name__ == "__main__":
    main()
