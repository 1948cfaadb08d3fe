"""Compiles trained neural networks into small, fast, readable Luau.

import onnx2luau

build = onnx2luau.compile("digits.keras", "build/digits")
build.run(x)        # the generated code, under Lune: [samples, ...] to [samples, ...]
build.verify(x)     # against ONNX Runtime
build.manifest      # sizes, costs and figures
"""

from onnx2luau.compiler.api import Build, compile, load  # noqa: A004 - the name that users expect
from onnx2luau.compiler.errors import (
    DisagreementError,
    MissingToolError,
    ModelError,
    Onnx2LuauError,
    UsageError,
)
from onnx2luau.compiler.version import VERSION as __version__  # noqa: N811 - the name that tools look for

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
