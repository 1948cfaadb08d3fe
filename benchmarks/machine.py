"""What a run was measured on and with; nothing that tells whose machine it is."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from onnx2luau.backends.lune.tools import LUNE

PACKAGES = ("onnxruntime", "numpy", "onnx2luau")


def machine() -> dict[str, str]:
    """Return the processor's name and the versions of everything that was timed."""
    lune = subprocess.run([LUNE.require(), "--version"], capture_output=True, text=True, check=True)
    return {
        "processor": _processor(),
        "system": platform.system(),
        "lune": lune.stdout.split()[-1],
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def _processor() -> str:
    """Return its name where Linux or the platform tells it, or else its architecture."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text("utf-8").splitlines() if known.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
