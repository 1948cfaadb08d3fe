"""The rewrites that every graph goes through, in order: Graph in, Graph out, checked after each."""

from __future__ import annotations

from collections.abc import Callable

from onnx2luau.compiler.ir.bodied import everywhere
from onnx2luau.compiler.ir.check import check
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.passes.fold_affine import fold_affine
from onnx2luau.compiler.passes.fold_constants import fold_constants
from onnx2luau.compiler.passes.fold_transposes import fold_transposes
from onnx2luau.compiler.passes.fuse_activation import fuse_activation
from onnx2luau.compiler.passes.fuse_pointwise import fuse_pointwise
from onnx2luau.compiler.passes.inline_numbers import inline_numbers
from onnx2luau.compiler.passes.overflow_as_singles import overflow_as_singles
from onnx2luau.compiler.passes.products_as_dense import products_as_dense
from onnx2luau.compiler.passes.remove_dead_code import remove_dead_code
from onnx2luau.compiler.passes.round_to_single import round_to_single
from onnx2luau.compiler.passes.simplify import simplify
from onnx2luau.compiler.passes.sink_transposes import sink_transposes

Pass = Callable[[Graph], Graph]

PIPELINE: tuple[Pass, ...] = (
    remove_dead_code,
    fold_constants,
    simplify,
    products_as_dense,
    inline_numbers,
    round_to_single,
    sink_transposes,
    fold_transposes,
    fold_affine,
    fuse_pointwise,
    fuse_activation,
    overflow_as_singles,
    remove_dead_code,
)


def run_pipeline(graph: Graph, after: Callable[[str, Graph], None] | None = None) -> Graph:
    """Apply every pass; `after` is told each pass's name and the graph it left."""
    for rewrite in PIPELINE:
        graph = check(everywhere(rewrite, graph))
        if after is not None:
            after(rewrite.__name__, graph)
    return graph
