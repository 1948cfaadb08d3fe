"""Walks a graph once, node by node, and lets a rule put something else in the place of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.types import Array, DType, TensorType
from onnx2luau.compiler.ir.values import Value

Outcome = Node | Value | tuple[Value, ...] | None


class Rewriting:
    """The graph as rewritten so far. A rule sees each node with its operands already replaced."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.uses = graph.uses()
        self.constants: dict[Value, Array] = dict(graph.constants)
        self.makers: dict[Value, Node] = {}
        self._replaced: dict[Value, Value] = {}
        self._names = set(graph.names())

    def maker(self, value: Value, kind: type[Op]) -> Node | None:
        """Return the node that makes `value`, if its op is of this kind."""
        node = self.makers.get(value)
        return node if node is not None and isinstance(node.op, kind) else None

    def only_reader(self, value: Value, op: Op) -> bool:
        """Whether nothing but `op` reads `value`."""
        return self.uses[value] == op.operands.count(value)

    def constant(self, array: Array, hint: str) -> Value:
        """Add a constant under a new name."""
        value = Value(self._free(hint), TensorType(DType.of(array.dtype), array.shape))
        self.constants[value] = array
        return value

    def insert(self, node: Node) -> Value:
        """Add a node of one result before the one at hand, under a new name; return the result."""
        result = Value(self._free(node.result.name), node.op.result_type())
        self.makers[result] = replace(node, results=(result,), tensors=())
        self.uses.update(node.op.operands)
        self.uses[result] = 1
        return result

    def run(self, rule: Callable[[Rewriting, Node], Outcome]) -> Graph:
        """Apply a rule everywhere.

        It returns a node that makes the same values in another way, or existing values that equal them (of
        one result, the value itself), or None to leave the node alone.
        """
        for node in self.graph.nodes:
            current = replace(node, op=node.op.with_operands(self._current))
            outcome = rule(self, current)
            if outcome is None or isinstance(outcome, Node):
                self.makers |= dict.fromkeys(node.results, outcome or current)
                continue
            for old, new in zip(
                node.results, outcome if isinstance(outcome, tuple) else [outcome], strict=True
            ):
                self._replaced[old] = new
                # Who read the old value now reads the new one, besides those that did before.
                self.uses[new] += self.uses[old] - 1
        nodes = {node.result: node for node in self.makers.values()}  # once, of however many results
        graph = replace(self.graph, nodes=tuple(nodes.values()), constants=self.constants)
        return graph.with_results(self._current)

    def absorb(self, absorbed: Node, before: Op, after: Op) -> None:
        """Take out a node whose work its only reader now does; the reader was `before` and is `after`."""
        del self.makers[absorbed.result]
        self.uses.subtract((*absorbed.op.operands, *before.operands))
        self.uses.update(after.operands)

    def _free(self, hint: str) -> str:
        """Return a name that nothing has."""
        name, number = hint, 1
        while name in self._names:
            number += 1
            name = f"{hint}_{number}"
        self._names.add(name)
        return name

    def _current(self, value: Value) -> Value:
        return self._replaced.get(value, value)
