"""The way into the onnx library: whatever it raises becomes one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from onnx2luau.compiler.errors import ModelError


@contextmanager
def asking_onnx(refusal: str, advice: str = "") -> Iterator[None]:
    """Turn any error of the calls inside into a ModelError: `refusal`, the library's reason, `advice`.

    Only calls of the library belong inside: it raises errors of many kinds, some of them from C++, and an
    error of our own code must not pass for one.
    """
    try:
        yield
    except (ModelError, MemoryError):
        raise
    except Exception as error:
        raise ModelError(f"{refusal}: {reason_of(error)}" + (f"; {advice}" if advice else "")) from error


def reason_of(error: Exception) -> str:
    """Return the part of a library's message that is a sentence, without the places in its source."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    text = re.sub(r"^.*Assertion `.*?` failed:? *", "", text)
    text = re.sub(r"^(\[[A-Za-z]+\] *(\(op_type:[^)]*\):? *)?)+", "", text)
    return text.rstrip(".") or type(error).__name__
