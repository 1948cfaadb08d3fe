"""The memory plan: which table each tensor lives in, by liveness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onnx2luau.backends.luau.program import Kernel, Lanes, Program, View
from onnx2luau.compiler.ir.values import Value


@dataclass(frozen=True)
class Plan:
    """Slots of a session's list of tables, from 1: inputs, scratch, outputs, tables of vectors."""

    slots: Mapping[Value, int]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    states: tuple[tuple[int, int], ...]
    """Of each state: the slots of what it is and of what it will be next."""
    scratch: Mapping[int, int]
    """The size of each scratch table, by slot."""
    sizes: Mapping[int, int]
    """The size of each table of numbers, by slot."""
    lanes: Mapping[int, int]
    """The number of vectors in each table of vectors, by slot."""

    @property
    def next_slot(self) -> int:
        """The first slot that no tensor has."""
        return max(self.slots.values(), default=0) + 1

    def size(self, value: Value) -> int:
        """Return the size of the table that a tensor lives in, which may be larger than the tensor."""
        return self.sizes.get(self.slots[value], value.type.size)


def make_plan(program: Program) -> Plan:
    """Give every tensor a slot; scratch tables are reused once nobody reads what they hold.

    A tensor in lanes has a table of vectors for itself, which keeps what it holds; a view has that of what it
    is a part of.
    """
    graph = program.graph
    owners = owners_of(program)
    inputs = [port.value for port in graph.inputs]
    outputs = [owners.get(value, value) for value in graph.results]
    held = [*inputs, *(value for kernel in program.kernels for value in kernel.writes)]
    layouts = {value: program.layout(value) for value in held}
    lanes = {value: layout for value, layout in layouts.items() if isinstance(layout, Lanes)}
    slots = {value: number for number, value in enumerate(graph.given, 1)}
    count = len(slots)
    scratch = _assign_scratch(program.kernels, owners, {*outputs, *lanes}, slots, count)
    first = count + len(scratch) + 1
    slots |= {value: first + index for index, value in enumerate(outputs)}
    first += len(outputs)
    slots |= {value: first + index for index, value in enumerate(lanes)}
    vectors = {slots[value]: layout.vectors(value) for value, layout in lanes.items()}
    slots |= {value: slots[owner] for value, owner in owners.items() if owner in slots}
    results = [slots[value] for value in outputs]
    states = tuple((slots[state.value], slots[owners.get(state.next, state.next)]) for state in graph.states)
    given = tuple(slots[value] for value in inputs)
    sizes = {slots[value]: value.type.size for value in (*graph.given, *outputs)} | scratch
    return Plan(slots, given, tuple(results[: len(graph.outputs)]), states, scratch, sizes, vectors)


def owners_of(program: Program) -> dict[Value, Value]:
    """Return, by view, the tensor whose table it is a part of."""
    owners: dict[Value, Value] = {}
    for value, layout in program.layouts.items():
        if isinstance(layout, View):
            owners[value] = owners.get(layout.of, layout.of)
    return owners


def _assign_scratch(
    kernels: Sequence[Kernel],
    owners: Mapping[Value, Value],
    own: set[Value],
    slots: dict[Value, int],
    first: int,
) -> dict[int, int]:
    read = [[owners.get(value, value) for value in kernel.reads] for kernel in kernels]
    last_read = {value: index for index, values in enumerate(read) for value in values}
    sizes: dict[int, int] = {}
    free: list[int] = []
    for index, kernel in enumerate(kernels):
        written = [owners.get(value, value) for value in kernel.writes]
        for value in written:
            if value in own or value in slots:
                continue
            size = value.type.size
            # The smallest table that is large enough, or else the largest, which then grows.
            free.sort(key=lambda slot: (sizes[slot] < size, abs(sizes[slot] - size)))
            slot = free.pop(0) if free else first + len(sizes) + 1
            sizes[slot] = max(sizes.get(slot, 0), size)
            slots[value] = slot
        for value in {*read[index], *written}:
            slot = slots.get(value, 0)
            is_dead = last_read.get(value, -1) <= index and value not in own
            if is_dead and slot in sizes and slot not in free:
                free.append(slot)
    return sizes
