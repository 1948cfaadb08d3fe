"""The function builder that operators emit into: one kernel, from tensors to a tensor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from onnx2luau.backends.luau.constants import Constants
from onnx2luau.backends.luau.function import Function
from onnx2luau.backends.luau.names import identifier
from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.luau.outline import outline
from onnx2luau.backends.luau.plan import Plan
from onnx2luau.backends.luau.syntax.nodes import (
    Index,
    Local,
    LocalFunction,
    Name,
    Number,
    Parameter,
)
from onnx2luau.backends.luau.workspace import NUMBERS, Workspace
from onnx2luau.compiler.ir.graph import Node
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value

TENSORS = "tensors"


class Kernel(Function):
    """A function of the generated module; `read` and `result` give it its tables."""

    def __init__(
        self,
        node: Node,
        name: str,
        plan: Plan,
        workspace: Workspace,
        constants: Constants,
        options: Options,
        taken: set[str],
    ) -> None:
        super().__init__({*taken, TENSORS})
        self.node = node
        self.kernel_name = name
        self.options = options
        self.schedule = ""
        """The schedule's name, for the comment over the function."""
        self.constants = constants
        self._plan = plan
        self._workspace = workspace
        self._names = taken
        self._parts: list[LocalFunction] = []
        self._preamble: list[Local] = []
        self._tables: dict[Value, Name] = {}
        self._changes: Name | None = None
        self.result = self.name("y")

    def read(self, value: Value, hint: str = "x") -> Name:
        """Return the flat table of an operand."""
        array = self.constants.arrays.get(value)
        if array is not None:
            return self.constants.numbers(array, f"{self.kernel_name} {hint}")
        if value not in self._tables:
            self._tables[value] = self.name(hint)
            self._preamble.append(_fetch(self._tables[value], self._plan.slots[value]))
        return self._tables[value]

    def scratch(self, count: int, hint: str, type_: str = NUMBERS) -> Name:
        """Return a table of at least `count` elements that only this kernel uses.

        It is made once a session, of zeros where it holds numbers or vectors, and keeps its contents.
        """
        name = self.name(hint)
        slot = self._workspace.claim(self.kernel_name, name.text, count, type_)
        self._preamble.append(_fetch(name, slot, type_))
        return name

    def changes(self, value: Value) -> Name | None:
        """Return a local: the changes of the model's only input by index, or nil for a whole prediction.

        None if the operand is not that input.
        """
        if len(self._plan.inputs) != 1 or self._plan.slots.get(value) != self._plan.inputs[0]:
            return None
        if self._changes is None:
            self._changes = self.name("changes")
            self._preamble.append(_fetch(self._changes, self._workspace.claim_changes(), f"{NUMBERS}?"))
        return self._changes

    def is_exact(self, value: Value) -> bool:
        """Whether the table of an operand holds its elements and nothing else."""
        return self._plan.size(value) == value.type.size

    def weights(self, value: Value, hint: str) -> Name:
        """Return the flat table of trained weights, stored in the precision the user chose."""
        array = self.constants.arrays.get(value)
        if array is None:
            return self.read(value, hint)
        return self.constants.numbers(array, f"{self.kernel_name} {hint}", reducible=True)

    def array(self, value: Value) -> Array | None:
        """Return the array behind a value, if it is a constant."""
        return self.constants.arrays.get(value)

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
        tables = [*self._preamble, _fetch(self.result, self._plan.slots[self.node.result])]
        return (*self._parts, *outline(self.kernel_name, parameters, tables, self.body, taken))


def _fetch(name: Name, slot: int, type_: str = NUMBERS) -> Local:
    return Local((Parameter(name.text, type_),), (Index(Name(TENSORS), Number(slot)),))
