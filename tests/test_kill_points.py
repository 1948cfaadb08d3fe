"""Killed or terminated before any single step of writing a folder: the old one or the new one is whole."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("kill_points.py")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="POSIX signals")
@pytest.mark.parametrize(
    ("name", "before", "swap"),
    [
        *itertools.product(["SIGKILL", "SIGTERM"], ["nothing", "build", "mine"], ["atomic", "renames"]),
        ("SIGINT", "build", "atomic"),
        ("SIGHUP", "build", "atomic"),
    ],
)
def test_every_step(name: str, before: str, swap: str, tmp_path: Path) -> None:
    number = int(getattr(signal, name))
    command = [sys.executable, SCRIPT, tmp_path / "parent", str(number), before, swap]
    found = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=300).stdout)
    assert found["faults"] == {}
    assert found["steps"] > 20  # or the steps are not seen any more
