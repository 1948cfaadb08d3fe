"""The question that decides how tensors lie: who could still compute what."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from onnx2luau.backends.luau.program import Layout, Match
from onnx2luau.compiler.ir.graph import Node
from onnx2luau.compiler.ir.values import Value

Ways = Callable[[Node, Mapping[Value, Layout]], Mapping[str, Match]]
"""Returns the ways to compute a node that are right for it, and wanted, when tensors lie in a certain way."""
