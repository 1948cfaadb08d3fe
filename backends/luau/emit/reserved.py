"""Names that generated files need for themselves."""

from __future__ import annotations

from onnx2luau.backends.luau.emit.constants import PACKING, READ, ROWS, SPECIAL, TAPS
from onnx2luau.backends.luau.emit.pace import PACING

RANKING = "ranking"
MODULES = (PACKING, ROWS.module, TAPS.module, SPECIAL, PACING, RANKING)
"""Those of runtime_luau that kernels call."""
TYPES = dict.fromkeys((READ, *MODULES), "any")
"""Of what the functions of kernels are given."""
RESERVED = {"model", "batch", "base64", "literals", "tensors", "Tensors", *TYPES}
