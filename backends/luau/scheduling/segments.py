"""Tensors that are computed where they are joined with others, so that nothing is copied.

Only those whose elements follow each other there, so that no axis before the one that grows has an extent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from onnx2luau.backends.luau.program import Segment, View
from onnx2luau.backends.luau.schedules import cheapest
from onnx2luau.backends.luau.scheduling.ways import Ways
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.concat import Concat
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.types import strides
from onnx2luau.compiler.ir.values import Value


def segments(graph: Graph, ways: Ways) -> dict[Value, View]:
    """Return where in the tables of others tensors are computed, and what is read of them there.

    Whoever makes such a tensor, and whoever reads it, has to have a way to do so.
    """
    finder = _Finder(graph, ways)
    # Of what is joined again, the last table is the one that holds everything.
    for node in reversed(graph.nodes):
        if isinstance(node.op, Concat) and math.prod(node.result.shape[: node.op.axis]) == 1:
            finder.join(node.result, node.op)
    return finder.found


class _Finder:
    def __init__(self, graph: Graph, ways: Ways) -> None:
        self.found: dict[Value, View] = {}
        self._ways = ways
        self._makers = graph.makers()
        self._results = set(graph.results)
        self._readers: dict[Value, list[Node]] = {}
        for node in graph.nodes:
            for value in dict.fromkeys(node.op.operands):
                self._readers.setdefault(value, []).append(node)

    def join(self, whole: Value, op: Concat) -> None:
        """Find the parts of a tensor that can be computed in its table."""
        view = self.found.get(whole)
        of, before = (whole, 0) if view is None else (view.of, view.start)
        for part, start in op.places():
            chain = list(self._same_elements(part))
            maker = self._makers.get(chain[-1])
            is_own = op.parts.count(part) == 1 and not any(each in self._results for each in chain)
            if maker is None or len(maker.results) > 1 or not is_own or not part.type.size:
                continue
            place = before + start
            made = chain[-1]
            found: dict[Value, View] = {each: View(of, strides(each.shape), place) for each in chain[:-1]}
            found[made] = Segment(of, strides(made.shape), place)
            if self._can_be_made(maker, found) and all(self._can_be_read(each, found) for each in chain):
                self.found |= found

    def _same_elements(self, part: Value) -> Iterator[Value]:
        """Yield a part, and what it is a reshape of, as long as nothing else reads that."""
        yield part
        maker = self._makers.get(part)
        if maker is not None and isinstance(maker.op, Reshape) and len(self._readers[maker.op.x]) == 1:
            yield from self._same_elements(maker.op.x)

    def _can_be_made(self, maker: Node, found: Mapping[Value, View]) -> bool:
        """Whether the fastest way to make a tensor can do so in a part of another's table."""
        apart, there = (self._ways(maker, layouts) for layouts in (self.found, {**self.found, **found}))
        return bool(there) and there[cheapest(there)].cost <= apart[cheapest(apart)].cost

    def _can_be_read(self, value: Value, found: Mapping[Value, View]) -> bool:
        """Whether all its readers find it there, without a copy of what is a view otherwise."""
        layouts = {**self.found, **found}
        return all(
            reader.result in found or (not isinstance(reader.op, Reshape) and self._ways(reader, layouts))
            for reader in self._readers[value]
        )
