"""Who makes and reads what in a graph, tensors that are read in place being what they are views of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from onnx2luau.backends.luau.program import Layout, Segment, View
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.values import Value


class Family:
    """The kernels-to-be of a graph, without those of views."""

    def __init__(self, graph: Graph, layouts: Mapping[Value, Layout]) -> None:
        self._layouts = layouts
        nodes = [node for node in graph.nodes if self.root(node.result) == node.result]
        self.order = {node.result: place for place, node in enumerate(nodes)}
        self._makers = {value: node for node in nodes for value in node.results}
        self._readers: dict[Value, dict[Value, Node]] = defaultdict(dict)
        for node in nodes:
            for value in node.op.operands:
                self._readers[self.root(value)][node.result] = node
        self._outputs = set(map(self.root, graph.results))

    def root(self, value: Value) -> Value:
        """Return the tensor that a value is, or is a view of; what is computed as a part of one is itself."""
        layout = self._layouts.get(value)
        if isinstance(layout, View) and not isinstance(layout, Segment):
            return self.root(layout.of)
        return value

    def makers(self, node: Node) -> list[Node]:
        """Return the nodes that make what a node reads."""
        roots = [self.root(value) for value in node.op.operands]
        return [self._makers[root] for root in roots if root in self._makers]

    def readers(self, node: Node) -> list[Node]:
        """Return the nodes that read what a node makes."""
        return [reader for value in node.results for reader in self._readers[value].values()]

    def is_output(self, node: Node) -> bool:
        """Whether what a node makes is wanted as a whole: by users, or as a part of something else."""
        return any(
            value in self._outputs or isinstance(self._layouts.get(value), Segment) for value in node.results
        )
