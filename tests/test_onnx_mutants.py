"""Mutants of ONNX files end in a graph or in one sentence, within bounds of time and memory."""

from __future__ import annotations

import subprocess
import sys


def test_mutants_of_onnx_files() -> None:
    outcome = subprocess.run(
        [sys.executable, "-m", "tests.mutants.in_process", "7", "300"],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
