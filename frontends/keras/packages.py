"""TensorFlow, Keras and tf2onnx: imported when they are needed, and kept quiet.

Nothing here is imported at the top of a file, because TensorFlow takes seconds to load and is an optional
part of the installation.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from onnx2luau.compiler.errors import MissingToolError, UsageError
from onnx2luau.compiler.onnx_runtime import TELEMETRY

_BEFORE_IMPORT = {
    "KERAS_BACKEND": "tensorflow",
    TELEMETRY: "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",  # oneDNN prints a notice, and adds in another order on each kind of machine
}
STDERR = 2
_TALKATIVE = ("absl", "tensorflow", "tf2onnx", "h5py")


def import_quietly(name: str) -> Any:
    """Import a module of the optional part. Raises MissingToolError that says how to install it."""
    for key, value in _BEFORE_IMPORT.items():
        os.environ.setdefault(key, value)
    try:
        with quiet(), _no_notices():
            return import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise MissingToolError(
            f"Keras models need the Python package {package}, which can't be imported ({error}); "
            'install it with: pip install "onnx2luau[keras]"'
        ) from error


def tensorflow() -> Any:
    """Import TensorFlow. Raises MissingToolError where it is absent."""
    return import_quietly("tensorflow")


def keras() -> Any:
    """Import Keras 3 running on TensorFlow. Raises UsageError where it was started on another backend."""
    tensorflow()
    module = import_quietly("keras")
    backend = module.backend.backend()
    if backend != "tensorflow":
        raise UsageError(
            f"Keras runs on {backend} in this process, and only TensorFlow's graphs can be converted; "
            "set the environment variable KERAS_BACKEND=tensorflow"
        )
    return module


def tf2onnx() -> Any:
    """Import tf2onnx. Raises MissingToolError where it is absent."""
    for part in ("optimizer", "tf_loader", "tfonnx"):
        import_quietly(f"tf2onnx.{part}")
    return import_quietly("tf2onnx")


@contextmanager
def _no_notices() -> Iterator[None]:
    """Hold back what TensorFlow's C++ prints before its logging is set up, about CUDA and the like.

    It writes to the file descriptor, where Python's own means do not reach.
    """
    try:
        own = os.dup(STDERR)
    except OSError:  # closed, so nothing can be printed either
        yield
        return
    sys.stderr.flush()
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), STDERR)
        yield
    finally:
        os.dup2(own, STDERR)
        os.close(own)


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back log lines and warnings of the packages; what matters is raised as an error instead."""
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
