"""ONNX Runtime, imported when it is needed and without its telemetry; what its errors say."""

from __future__ import annotations

import os
import re
from typing import Any

TELEMETRY = "ORT_DISABLE_TELEMETRY"
"""Read when it is imported. Unless it is 1, a device id and a queue of events go into the user's folders."""


def onnxruntime() -> Any:
    """Return the package; telemetry is off unless the user has set the variable."""
    os.environ.setdefault(TELEMETRY, "1")
    import onnxruntime as package  # noqa: PLC0415 - after the variable, and not for --help

    return package


def reason_of(error: Exception) -> str:
    """Return what an error of ONNX Runtime says, on one line, without the places in its source."""
    text = " ".join(str(error).split())
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", text)
    text = re.sub(r"\S+\.(?:cc|h|cpp):\d+ [^)]*\) (?:\S[^.]* was false\. )?", "", text)
    return text[:300].rstrip(". ") or type(error).__name__
