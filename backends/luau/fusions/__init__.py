"""Ways to compute several nodes as one kernel: a file a way."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Protocol, cast

from onnx2luau.backends.luau.program import Layout, Match, Site
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.values import Value

Group = tuple[Node, ...]
"""Nodes in the order of the graph; only the results of the last one are read by others."""


class Fusion(Protocol):
    """A module with these functions is one; its file name is the name of the schedule."""

    def groups(self, graph: Graph, layouts: Mapping[Value, Layout]) -> Iterable[Group]:
        """Return groups of at least two nodes that could be one kernel, no node in two of them."""

    def match(self, site: Site) -> Match | None:
        """Return how the nodes of a group are computed together; None if that is not right, or no faster."""


@cache
def fusions() -> Mapping[str, Fusion]:
    """Return every fusion by name."""
    return {
        entry.name: cast("Fusion", importlib.import_module(f"{__name__}.{entry.name}"))
        for entry in pkgutil.iter_modules(__path__)
        if not entry.ispkg
    }
