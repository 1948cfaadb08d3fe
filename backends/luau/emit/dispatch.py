"""The operators' Luau: one function for each kind of op, found by its type."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache, singledispatch

from onnx2luau.backends.luau.emit.kernel import Kernel
from onnx2luau.compiler.ir.op import Op


@singledispatch
def emit(op: Op, f: Kernel) -> None:
    """Write the statements that compute `op` into `f`."""
    raise NotImplementedError(f"the Luau back end has no {type(op).__name__}")


@cache
def load_ops() -> None:
    """Import every file of ops/, so that each op is registered."""
    package = importlib.import_module("onnx2luau.backends.luau.ops")
    for entry in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{entry.name}")
