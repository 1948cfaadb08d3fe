"""The function builder that operators emit into: one kernel, from tensors to a tensor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from onnx2luau.backends.luau.emit.constants import Constants
from onnx2luau.backends.luau.emit.function import Function
from onnx2luau.backends.luau.emit.names import identifier
from onnx2luau.backends.luau.emit.outline import outline
from onnx2luau.backends.luau.emit.pace import PACING, pace
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.plan.bodies import BodyPlan
from onnx2luau.backends.luau.plan.memory import Plan
from onnx2luau.backends.luau.plan.workspace import NUMBERS, VECTOR_TABLE, Workspace
from onnx2luau.backends.luau.program import Kernel, Site
from onnx2luau.backends.luau.syntax.arithmetic import call, plus
from onnx2luau.backends.luau.syntax.nodes import (
    Call,
    Expression,
    Index,
    Local,
    LocalFunction,
    Name,
    Number,
    Parameter,
    Scope,
)
from onnx2luau.compiler.ir.values import Value

TENSORS = "tensors"
MOST_CONSTANTS = 60
"""Constants with a local each: a file has 200 of them for its layers, and a function reads no more."""


class KernelFunction(Function):
    """A function of the generated module; `read` and `result` give it its tables."""

    def __init__(
        self,
        kernel: Kernel,
        site: Site,
        plan: Plan,
        workspace: Workspace,
        constants: Constants,
        taken: set[str],
        bodies: tuple[BodyPlan, ...] = (),
    ) -> None:
        super().__init__({*taken, TENSORS})
        self.kernel_name = kernel.name
        self.target = site.target
        self.constants = constants
        self.site = site
        self.bodies = bodies
        self._kernel = kernel
        self._plan = plan
        self._workspace = workspace
        self._names = taken
        self._parts: list[LocalFunction] = []
        self._others: dict[str, float] = {}
        """The nanoseconds of the functions of bodies, which pause themselves."""
        self._preamble: list[Local] = []
        self._tables: dict[Value, Name] = {}
        self._locals: dict[Name, Name] = {}
        self._work_slots: dict[Name, int] = {}
        self._listed = _too_many_to_name(kernel, site)
        """The constants that share a list, by their place in it."""
        self._list: Name | None = None
        self._changes: Name | None = None
        self.results = [self.name("z" if place else "y") for place in range(len(kernel.writes))]
        """The tables to fill, one for each of the kernel's results."""
        self.finish: Callable[[Expression, Expression], Expression] | None = None
        """What becomes of an element, from its place and what would be stored there."""

    @property
    def result(self) -> Name:
        """The first of them, and of most kernels the only one."""
        return self.results[0]

    def element(self, place: Expression, number: int = 0) -> Index:
        """Return an element of a result, by its place from 1: the table may be that of a larger tensor."""
        start = self.site.place(self._kernel.writes[number])[1]
        return Index(self.results[number], plus(place, start))

    def store(self, place: Expression, value: Expression) -> None:
        """Store an element of the first result, after what a fusion has to do with it."""
        if self.finish is None:
            self.assign(self.element(place), value)
            return
        with self._block() as statements:
            place = self.named("at", place)
            self.assign(self.element(place), self.finish(place, value))
        # What it takes locals for may stand a hundred times in a function, which has 200 of them.
        self.add(statements[0] if len(statements) == 1 else Scope(tuple(statements)))

    def read(self, value: Value, hint: str = "x") -> Name:
        """Return the flat table of an operand, or its table of vectors if it lies in lanes."""
        array = self.site.array(value)
        if array is not None and value not in self._listed:
            return self.constants.numbers(array, f"{self.kernel_name} {hint}")
        if value not in self._tables:
            self._tables[value] = self._table(value, hint)
        return self._tables[value]

    def _table(self, value: Value, hint: str) -> Name:
        """Fetch a table; parts of the same one have one name."""
        slot = None if value in self._listed else self._plan.slots[value]
        known = next(
            (name for each, name in self._tables.items() if slot == self._plan.slots.get(each)), None
        )
        if known is not None and slot is not None:
            return known
        name = self.outer_name(hint)
        self._preamble.append(self._fetched(value, name))
        return name

    def _fetched(self, value: Value, name: Name) -> Local:
        if value not in self._listed:
            return _fetch(name, self._plan.slots[value], self._type(value))
        if self._list is None:
            arrays = [self.site.constants[each] for each in self._listed]
            self._list = self.constants.list_of_numbers(arrays, f"{self.kernel_name} constants")
        return _local(name, Index(self._list, Number(self._listed[value])), NUMBERS)

    def kept_sums(self, vectors: int) -> tuple[Name, Name]:
        """Return the sums as the prediction before left them, and the table for those of this one.

        Where the result lies in lanes, it is these sums. The tables are a state: they change places when a
        prediction is done, and not when it fails or is dropped.
        """
        before = self.work_table(vectors, "kept", VECTOR_TABLE)
        now = self.result if self.result_in_lanes else self.work_table(vectors, "sums", VECTOR_TABLE)
        slot = self._plan.slots[self._kernel.writes[0]] if self.result_in_lanes else self._work_slots[now]
        self._workspace.kept[self.kernel_name] = self._work_slots[before], slot
        return before, now

    def work_table(self, count: int, hint: str, type_: str = NUMBERS) -> Name:
        """Return a table of at least `count` elements that only this kernel uses.

        It is made once a session, of zeros where it holds numbers or vectors, and keeps its contents.
        """
        name = self.outer_name(hint)
        slot = self._workspace.claim(self.kernel_name, name.text, count, type_)
        self._work_slots[name] = slot
        self._preamble.append(_fetch(name, slot, type_))
        return name

    def changes(self, value: Value) -> Name | None:
        """Return a local: the changes of the model's only input by index, or nil for a whole prediction.

        None if the operand is not that input.
        """
        if len(self._plan.inputs) != 1 or self._plan.slots.get(value) != self._plan.inputs[0]:
            return None
        if not self.is_exact(value):  # a part of the input
            return None
        if self._changes is None:
            self._changes = self.outer_name("changes")
            self._preamble.append(_fetch(self._changes, self._workspace.claim_changes(), f"{NUMBERS}?"))
        return self._changes

    def in_lanes(self, value: Value) -> bool:
        """Whether an operand's table holds vectors, three numbers each."""
        return self.site.in_lanes(value)

    @property
    def result_in_lanes(self) -> bool:
        """Whether the result's table does."""
        return self.site.result_in_lanes

    def strided(self, value: Value, result: tuple[int, ...] | None = None) -> Strided:
        """Return where an operand's elements lie in its table, broadcast to a shape if one is given."""
        own = Strided(*self.site.place(value))
        return own if result is None else own.broadcast(value.shape, result)

    def is_exact(self, value: Value) -> bool:
        """Whether the table of an operand holds its elements and nothing else."""
        return self._plan.size(value) == value.type.size

    def own(self, constant: Name, hint: str, type_: str) -> Name:
        """Return a local for a table that stands above the function: loops reach it sooner."""
        if constant not in self._locals:
            self._locals[constant] = self.outer_name(hint)
            self._preamble.append(_local(self._locals[constant], constant, type_))
        return self._locals[constant]

    def weights(self, value: Value, hint: str) -> Name:
        """Return the flat table of trained weights, stored in the precision the user chose."""
        array = self.site.array(value)
        if array is None:
            return self.read(value, hint)
        return self.constants.numbers(array, f"{self.kernel_name} {hint}", reducible=True)

    def body_tables(self, body: BodyPlan) -> tuple[list[Name], list[Name]]:
        """Return the tables of a body's own inputs, without those that it captures, and of its outputs."""
        graph = body.program.graph
        own = [port.value for port in graph.inputs if port.value not in body.captured]
        names = [
            [self._body_table(body, value, hint) for value in values]
            for hint, values in (("given", own), ("made", [port.value for port in graph.outputs]))
        ]
        return names[0], names[1]

    def _body_table(self, body: BodyPlan, value: Value, hint: str) -> Name:
        name = self.outer_name(f"{hint} {value.name}")
        self._preamble.append(_fetch(name, body.plan.slots[value]))
        return name

    def run_body(self, body: BodyPlan) -> None:
        """Call the kernels of a body in turn."""
        for kernel in body.program.kernels:
            self._others[kernel.name] = kernel.match.cost
            self.do(Call(Name(kernel.name), (Name(TENSORS),)))

    def copy(self, source: Name, target: Name, count: int, start: Expression, place: Expression) -> None:
        """Copy `count` elements from those after `start` to those after `place`."""
        first, last = plus(start, 1), plus(start, count)
        if count == 1:
            self.assign(Index(target, plus(place, 1)), Index(source, first))
        elif count:
            self.do(call("table.move", source, first, last, plus(place, 1), target))

    @contextmanager
    def part(self, hint: str, parameters: Sequence[Parameter]) -> Iterator[Name]:
        """Emit what follows into a function of its own, which stands before the kernel; its name is given."""
        name = Name(identifier(f"{self.kernel_name} {hint}", self._names))
        with self._block() as body:
            yield name
        self._parts.append(LocalFunction(name.text, tuple(parameters), tuple(body)))

    def functions(self, taken: set[str]) -> tuple[LocalFunction, ...]:
        """Return the kernel as a function, after others that it is made of if it would be too large."""
        parameters = (Parameter(TENSORS, "Tensors"),)
        made = self._kernel.writes
        tables = [
            *self._preamble,
            *(_fetch(n, self._plan.slots[v], self._type(v)) for n, v in zip(self.results, made, strict=True)),
        ]
        whole = (*self._parts, *outline(self.kernel_name, parameters, tables, self.body, taken))
        operands = [value for value in self._kernel.reads if self.site.array(value) is None]
        most = max(value.type.size for value in (*operands, *made))
        paced = pace(whole, self.site.each, most, self._others)
        if paced != whole:
            self.constants.require(PACING)
        return paced

    def _type(self, value: Value) -> str:
        return VECTOR_TABLE if self.in_lanes(value) else NUMBERS


def _fetch(name: Name, slot: int, type_: str = NUMBERS) -> Local:
    return _local(name, Index(Name(TENSORS), Number(slot)), type_)


def _local(name: Name, value: Expression, type_: str) -> Local:
    return Local((Parameter(name.text, type_),), (value,))


def _too_many_to_name(kernel: Kernel, site: Site) -> dict[Value, int]:
    """Number the constants of a kernel from 1, if they are more than its function has room for."""
    found = [value for value in kernel.reads if value in site.constants]
    return {value: number for number, value in enumerate(found, 1)} if len(found) > MOST_CONSTANTS else {}
