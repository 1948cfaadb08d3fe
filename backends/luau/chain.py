"""Tiny dense layers in a row as one op: their sums go from layer to layer in locals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.luau.plan.workspace import WIDTH
from onnx2luau.backends.luau.schedules import APART
from onnx2luau.backends.luau.schedules.straight import WIDEST
from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.types import TensorType
from onnx2luau.compiler.ir.values import Value

SCHEDULE = "lines"
MOST_LOCALS = 66
"""Of the 200 of a function, for inputs and sums; the rest is for what is done to them."""
MOST_WEIGHTS = 4096
"""Weights of a chain, which stand in the code: about 75,000 characters."""


@dataclass(frozen=True)
class Chain(Op):
    """Dense layers of one row, each of which reads what the one before it makes."""

    layers: tuple[Dense, ...]
    values: tuple[Value, ...]
    """What each of them makes."""
    names: tuple[str, ...]
    """Of the layers, in the model."""

    @property
    def widths(self) -> str:
        """The numbers of inputs and outputs, as people write them: 12-32-32-6."""
        return "-".join(
            str(width)
            for width in (self.layers[0].weight.shape[1], *(layer.weight.shape[0] for layer in self.layers))
        )

    def result_type(self) -> TensorType:
        """Result: that of the last layer."""
        return self.layers[-1].result_type()

    def _operands(self) -> Iterator[Value]:
        made = set(self.values)
        yield from (value for layer in self.layers for value in layer.operands if value not in made)


def tiny_chains(graph: Graph, in_lanes: frozenset[Value]) -> list[list[Node]]:
    """Return the stretches of at least two tiny layers that hand on their sums as vectors."""
    chains: dict[Value, list[Node]] = {}
    for node in graph.nodes:
        if not isinstance(node.op, Dense) or not _is_tiny(node.op):
            continue
        before = chains.get(node.op.x, []) if node.op.x in in_lanes else []
        if before and _locals([*before, node]) <= MOST_LOCALS:
            chains[node.result] = [*chains.pop(node.op.x), node]
        else:
            chains[node.result] = [node]
    return [chain for chain in chains.values() if len(chain) > 1]


def name_of(chain: Sequence[Node]) -> str:
    """Return what the layers of a chain are called together."""
    return ", ".join(node.layer for node in chain)


def is_beginning(chain: Sequence[Node], nodes: Sequence[Node]) -> bool:
    """Whether nothing is computed before the layers of a chain are done, joined or apart."""
    if isinstance(nodes[0].op, Chain):
        return nodes[0].result == chain[-1].result
    return [node.result for node in nodes[: len(chain)]] == [node.result for node in chain]


def _locals(chain: Sequence[Node]) -> int:
    """Return how many locals a chain takes: its inputs, the sums of each layer, and one that reads them."""
    inputs = chain[0].op.operands[0].type.size
    return inputs + sum(-(-node.result.type.size // WIDTH) + 1 for node in chain)


def join_chains(
    graph: Graph, chains: Sequence[Sequence[Node]], options: Options, names: Mapping[Value, str]
) -> Graph:
    """Put one op in the place of each chain, unless the user has chosen how its layers are computed.

    Native code is faster with a loop for each layer.
    """
    if options.target != "client":
        return graph
    joined: dict[Value, Node] = {}
    inner: set[Value] = set()
    for chain in chains:
        whole = options.schedules.get(name_of(chain))
        if whole not in (None, SCHEDULE, APART):
            raise UsageError(f"{name_of(chain)!r} has no schedule {whole!r}; there are {SCHEDULE}, {APART}")
        wanted = {whole, *(options.schedule(names[node.result], node) for node in chain)}
        size = sum(node.op.operands[1].type.size for node in chain)
        if wanted - {None, SCHEDULE} or size > MOST_WEIGHTS:
            continue
        last = chain[-1]
        layers = tuple(node.op for node in chain if isinstance(node.op, Dense))
        named = tuple(node.layer for node in chain)
        op = Chain(layers, tuple(node.result for node in chain), named)
        joined[last.result] = replace(last, op=op, layer=name_of(chain))
        inner |= {node.result for node in chain[:-1]}
    nodes = (joined.get(node.result, node) for node in graph.nodes if node.result not in inner)
    return replace(graph, nodes=tuple(nodes))


def _is_tiny(op: Op) -> bool:
    return isinstance(op, Dense) and max(op.weight.shape) <= WIDEST
