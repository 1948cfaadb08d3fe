"""One op a file, found by looking into this package."""

from __future__ import annotations

import importlib
import pkgutil

from onnx2luau.compiler.ir.op import Op


def all_ops() -> dict[str, type[Op]]:
    """Every op class by its name in the textual form: the file's name."""
    modules = {
        entry.name: importlib.import_module(f"{__name__}.{entry.name}")
        for entry in pkgutil.iter_modules(__path__)
    }
    return {name: _op_of(module.__dict__, name) for name, module in modules.items()}


def op_name(op: Op | type[Op]) -> str:
    """Return the name of an op in the textual form."""
    kind = op if isinstance(op, type) else type(op)
    return kind.__module__.rpartition(".")[2]


def _op_of(namespace: dict[str, object], name: str) -> type[Op]:
    kind = namespace[name.title().replace("_", "")]
    assert isinstance(kind, type)  # noqa: S101 - a file that breaks the naming rule is a defect
    assert issubclass(kind, Op)  # noqa: S101
    return kind
