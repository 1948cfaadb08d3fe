"""Tensors that need no table of their own: they are another tensor's elements, read in place."""

from __future__ import annotations

from onnx2luau.backends.luau.program import View
from onnx2luau.backends.luau.scheduling.segments import segments
from onnx2luau.backends.luau.scheduling.ways import Ways
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.types import strides
from onnx2luau.compiler.ir.values import Value

MOST_READERS = 2
"""What more nodes read is copied into order once."""


def views(graph: Graph, ways: Ways) -> dict[Value, View]:
    """Return what is a view of what: parts of what is joined, reshapes, reordered or cut out elements."""
    finder = _Finder(graph, ways)
    for node in graph.nodes:
        if node.result not in finder.found:
            finder.look_at(node)
    return finder.found


class _Finder:
    """The views found so far, in the order of the graph."""

    def __init__(self, graph: Graph, ways: Ways) -> None:
        self.found: dict[Value, View] = dict(segments(graph, ways))
        self._ways = ways
        self._results = set(graph.results)
        self._fixed = {*graph.given, *graph.constants}
        self._constants = graph.constants
        self._claimed: set[Value] = set()
        self._readers: dict[Value, list[Node]] = {}
        for node in graph.nodes:
            for value in dict.fromkeys(node.op.operands):
                self._readers.setdefault(value, []).append(node)

    def look_at(self, node: Node) -> None:
        """Decide about the result of a node."""
        if isinstance(node.op, Reshape):
            self._reshape(node, node.op.x)
        elif len(node.op.operands) == 1 and node.result not in self._results:
            self._strided(node, node.op.operands[0])

    def _place(self, value: Value) -> tuple[Value, tuple[int, ...], int]:
        """Return the tensor whose table holds a value, and where in it the elements are."""
        view = self.found.get(value)
        return (value, strides(value.shape), 0) if view is None else (view.of, view.strides, view.start)

    def _reshape(self, node: Node, x: Value) -> None:
        root, own, start = self._place(x)
        if root in self._constants or start or own != strides(x.shape):
            return
        # A table that is larger than the tensor is not its own.
        is_part = root.type.size != node.result.type.size
        if node.result in self._results:
            # An output takes over a table that is nobody else's; a second one of the same table is a copy.
            if is_part or root in self._fixed or root in self._results or root in self._claimed:
                return
            self._claimed.add(root)
        self.found[node.result] = View(root, strides(node.result.shape))

    def _strided(self, node: Node, x: Value) -> None:
        root, own, start = self._place(x)
        place = node.op.view(own, start)
        readers = self._readers.get(node.result, [])
        if place is None or root in self._constants or not 0 < len(readers) <= MOST_READERS:
            return
        self.found[node.result] = View(root, *place)
        if not all(self._ways(reader, self.found) for reader in readers):
            del self.found[node.result]
