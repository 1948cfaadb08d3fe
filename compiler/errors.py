"""What can go wrong, each with the exit status the command line gives it."""

from __future__ import annotations


class Onnx2LuauError(Exception):
    """One sentence for the user: what is wrong, where, and what to do about it."""

    status = 2


class UsageError(Onnx2LuauError):
    """The options or the files named on the command line don't fit."""


class ModelError(Onnx2LuauError):
    """The model can't be read, or holds something that is not supported."""


class DisagreementError(Onnx2LuauError):
    """The generated code and ONNX Runtime give different answers."""

    status = 1


class MissingToolError(Onnx2LuauError):
    """A program or a Python package that the work needs is absent, or does not work."""

    status = 3
