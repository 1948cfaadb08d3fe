"""The memory plan: which table each tensor lives in, by liveness."""

from __future__ import annotations

from dataclasses import dataclass, replace

from onnx2luau.backends.luau.plan.workspace import WIDTH
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.values import Value


@dataclass(frozen=True)
class Plan:
    """Slots of a session's list of tables, from 1: inputs, then scratch, then outputs."""

    nodes: tuple[Node, ...]
    """What is left to emit: reshapes share the table of what they reshape."""
    slots: dict[Value, int]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    scratch: dict[int, int]
    """The size of each scratch table, by slot."""
    lanes: dict[int, int]
    """The number of vectors in each table of vectors, by slot."""

    @property
    def next_slot(self) -> int:
        """The first slot that no tensor has."""
        return len(self.inputs) + len(self.scratch) + len(self.outputs) + len(self.lanes) + 1

    def in_lanes(self, value: Value) -> bool:
        """Whether a tensor lies in a table of vectors, three numbers each."""
        return self.slots.get(value) in self.lanes

    def size(self, value: Value) -> int:
        """Return the size of the table that a tensor lives in, which may be larger than the tensor."""
        return self.scratch.get(self.slots[value], value.type.size)


def make_plan(graph: Graph, in_lanes: frozenset[Value] = frozenset()) -> Plan:
    """Give every tensor a slot; scratch tables are reused once nobody reads what they hold.

    Each tensor of `in_lanes` has a table of vectors for itself, which keeps what it holds.
    """
    alias = _aliases(graph)
    nodes = tuple(node for node in graph.nodes if node.result not in alias)
    inputs = {port.value: index + 1 for index, port in enumerate(graph.inputs)}
    outputs = [alias.get(port.value, port.value) for port in graph.outputs]
    slots = dict(inputs)
    sizes = _assign_scratch(nodes, alias, {*outputs, *in_lanes}, slots, len(inputs))
    for value in outputs:
        slots[value] = len(inputs) + len(sizes) + 1 + outputs.index(value)
    lanes: dict[int, int] = {}
    for node in nodes:
        if node.result in in_lanes:
            slots[node.result] = len(inputs) + len(sizes) + len(outputs) + len(lanes) + 1
            lanes[slots[node.result]] = -(-node.result.type.size // WIDTH)
    for value, root in alias.items():
        if root in slots:
            slots[value] = slots[root]
    results = tuple(slots[value] for value in outputs)
    return Plan(nodes, slots, tuple(inputs.values()), results, sizes, lanes)


def _aliases(graph: Graph) -> dict[Value, Value]:
    """Return, for every reshape that needs no copy, the value whose table it shares."""
    own = {port.value for port in graph.outputs}
    fixed = {port.value for port in graph.inputs} | set(graph.constants)
    alias: dict[Value, Value] = {}
    claimed: set[Value] = set()
    for node in graph.nodes:
        if not isinstance(node.op, Reshape):
            continue
        root = alias.get(node.op.x, node.op.x)
        if node.result not in own:
            alias[node.result] = root
        elif root not in fixed and root not in own and root not in claimed:
            # An output takes over the table; a second one of the same table is a copy.
            claimed.add(root)
            alias[node.result] = root
    return {value: root for value, root in alias.items() if root not in graph.constants}


def with_own_outputs(graph: Graph) -> Graph:
    """Copy what an output would otherwise share with an input, a constant or another output."""
    taken = {port.value for port in graph.inputs} | set(graph.constants)
    names = set(graph.names())
    nodes, outputs = list(graph.nodes), []
    for port in graph.outputs:
        value = port.value
        if value in taken:
            name = f"{value.name}_copy"
            while name in names:
                name += "_"
            names.add(name)
            value = Value(name, value.type)
            nodes.append(Node((value,), Reshape(port.value, value.shape), port.name))
        taken.add(value)
        outputs.append(replace(port, value=value))
    return replace(graph, nodes=tuple(nodes), outputs=tuple(outputs))


def _assign_scratch(
    nodes: tuple[Node, ...],
    alias: dict[Value, Value],
    own: set[Value],
    slots: dict[Value, int],
    first: int,
) -> dict[int, int]:
    last_read = {
        alias.get(operand, operand): index for index, node in enumerate(nodes) for operand in node.op.operands
    }
    sizes: dict[int, int] = {}
    free: list[int] = []
    for index, node in enumerate(nodes):
        for value in node.results:
            if value in own:
                continue
            size = value.type.size
            # The smallest table that is large enough, or else the largest, which then grows.
            free.sort(key=lambda slot: (sizes[slot] < size, abs(sizes[slot] - size)))
            slot = free.pop(0) if free else first + len(sizes) + 1
            sizes[slot] = max(sizes.get(slot, 0), size)
            slots[value] = slot
        for value in {*(alias.get(operand, operand) for operand in node.op.operands), *node.results}:
            slot = slots.get(value, 0)
            is_dead = last_read.get(value, -1) <= index and value not in own
            if is_dead and slot in sizes and slot not in free:
                free.append(slot)
    return sizes
