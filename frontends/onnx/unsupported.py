"""The refusal of an operator: which, where, and how to add it."""

from __future__ import annotations

import onnx

from onnx2luau.compiler.errors import ModelError


class UnsupportedError(ModelError):
    """One node of a model can't be imported."""


def unsupported(node: onnx.NodeProto, model: str, why: str = "") -> UnsupportedError:
    """Return the error for a node that can't be imported."""
    domain = node.domain or "ai.onnx"
    reason = f" ({why})" if why else ""
    return UnsupportedError(
        f"{model}: the operator {node.op_type!r} of domain {domain!r} is not supported{reason}, "
        f"at node {described(node)}; `onnx2luau ops` lists what is, "
        "and docs/adding-a-layer.md shows how to add one"
    )


def described(node: onnx.NodeProto) -> str:
    """Return a node's name for a message; an unnamed one is known by what it makes."""
    if node.name:
        return repr(node.name)
    made = first_output(node)
    return f"that makes {made!r}" if made else "without a name"


def first_output(node: onnx.NodeProto) -> str:
    """Return the first output that is not left out, or an empty text."""
    return next(filter(None, node.output), "")
