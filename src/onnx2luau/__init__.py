"""Compiles trained neural networks into small, fast, readable Luau.

import onnx2luau

build = onnx2luau.compile("digits.keras", "build/digits")
build.run(x)        # the generated code, under Lune: [samples, ...] to [samples, ...]
build.verify(x)     # against ONNX Runtime
build.manifest      # sizes, costs and figures
"""

from typing import TYPE_CHECKING, Any

from onnx2luau.compiler.errors import (
    DisagreementError,
    MissingToolError,
    ModelError,
    Onnx2LuauError,
    UsageError,
)
from onnx2luau.version import VERSION as __version__  # noqa: N811 - the name that tools look for

if TYPE_CHECKING:
    from onnx2luau.api import Build, compile, load  # noqa: A004 - the name that users expect

__all__ = [
    "Build",
    "DisagreementError",
    "MissingToolError",
    "ModelError",
    "Onnx2LuauError",
    "UsageError",
    "__version__",
    "compile",
    "load",
]


def __getattr__(name: str) -> Any:
    # With them come ONNX and ONNX Runtime, which the command line has no use for before its options are read.
    if name not in ("Build", "compile", "load"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from onnx2luau import api  # noqa: PLC0415

    return getattr(api, name)
