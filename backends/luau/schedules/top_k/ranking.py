"""TopK in Luau: line after line, by insertion into what is kept of it.

Golden kernels: top_k.
"""

from __future__ import annotations

from functools import partial

from onnx2luau.backends.luau.emit.kernel_function import KernelFunction
from onnx2luau.backends.luau.emit.nest import nest
from onnx2luau.backends.luau.emit.reserved import RANKING
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.program import Match, Site
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import Expression, Number
from onnx2luau.compiler.ir.ops.top_k import TopK
from onnx2luau.compiler.ir.types import strides


def match(op: TopK, site: Site) -> Match | None:
    """Each element is looked at once."""
    if not site.is_rows:
        return None
    return Match(site.elements(op.x.type.size, 1, 1), partial(_emit, op))


def _emit(op: TopK, f: KernelFunction) -> None:
    values, places = f.results
    read, own = strides(op.x.shape), strides(op.result_type().shape)
    others = [axis for axis in range(op.x.type.rank) if axis != op.axis]
    lines = [Strided(tuple(layout[axis] for axis in others)) for layout in (read, own)]
    f.constants.require(RANKING)
    end = "largest" if op.largest else "smallest"
    f.comment(f"The {op.count} {end} of each {op.x.shape[op.axis]} along axis {op.axis}, and their places.")

    def line(firsts: list[Expression]) -> None:
        numbers = (read[op.axis], op.x.shape[op.axis], op.count, 1 if op.largest else -1)
        f.do(call(f"{RANKING}.rank", f.read(op.x), values, places, *firsts, *map(Number, numbers)))

    nest(f, [op.x.shape[axis] for axis in others], lines, line)
