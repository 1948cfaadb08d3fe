"""ONNX Runtime, imported when it is needed and without its telemetry."""

from __future__ import annotations

import os
from typing import Any

TELEMETRY = "ORT_DISABLE_TELEMETRY"
"""Read when it is imported. Unless it is 1, a device id and a queue of events go into the user's folders."""


def onnxruntime() -> Any:
    """Return the package; telemetry is off unless the user has set the variable."""
    os.environ.setdefault(TELEMETRY, "1")
    import onnxruntime as package  # noqa: PLC0415 - after the variable, and not for --help

    return package
