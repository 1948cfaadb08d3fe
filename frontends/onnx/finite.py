"""NaN in a model's constants: of normalisations, and by the model's own arithmetic."""

from __future__ import annotations

from collections.abc import Container, Mapping

import numpy as np
import onnx

from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.spoilt_weights import ADVICE
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.unsupported import described

NORMALIZATIONS = {
    "BatchNormalization",
    "LayerNormalization",
    "GroupNormalization",
    "RMSNormalization",
}
"""Operators that have nothing but trained numbers behind their first input."""


def check_normalization(node: onnx.NodeProto, known: Mapping[str, Value | Array], model: str) -> None:
    """Raise ModelError for a normalisation whose known scales or statistics hold NaN or infinity."""
    if node.op_type not in NORMALIZATIONS:
        return
    for tensor in node.input[1:]:
        array = known.get(tensor)
        if isinstance(array, np.ndarray) and not np.isfinite(array).all():
            raise ModelError(
                f"{model}: {tensor!r} of the {node.op_type} at node {described(node)} holds NaN or infinity; "
                f"{ADVICE}"
            )


def newly_undefined(
    node: onnx.NodeProto,
    made: Mapping[str, Array],
    known: Mapping[str, Value | Array],
    before: Container[str],
) -> set[str]:
    """Return those of a node's constant results that hold NaN, if none of its operands brought it along.

    An operand in `before` is NaN by the model's own arithmetic, too.
    """
    found = {tensor for tensor, array in made.items() if _has_nan(array)}
    if node.op_type == "Constant" or any(
        tensor not in before and _has_nan(known.get(tensor)) for tensor in node.input if found
    ):
        return set()
    return found


def _has_nan(known: Value | Array | None) -> bool:
    return isinstance(known, np.ndarray) and known.dtype.kind == "f" and bool(np.isnan(known).any())
