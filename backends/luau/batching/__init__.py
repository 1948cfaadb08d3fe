"""Ways to compute ops for three samples at once, every vector holding a number of each: a file an op."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import cast

from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.backends.luau.schedules import Schedule
from onnx2luau.compiler.ir.ops import op_name


@cache
def _batchers() -> dict[str, Schedule]:
    return {
        entry.name: cast("Schedule", importlib.import_module(f"{__name__}.{entry.name}"))
        for entry in pkgutil.iter_modules(__path__)
    }


def match_samples(site: Site) -> Match | None:
    """Return how the one node of a site, whose tensors hold three samples, is computed, or None."""
    (node,) = site.nodes
    batcher = _batchers().get(op_name(node.op))
    return None if batcher is None else batcher.match(node.op, site)
