"""The function builder that operators emit into: one kernel, from tensors to a tensor."""

from __future__ import annotations

from collections.abc import Callable

from onnx2luau.backends.luau.constants import Constants
from onnx2luau.backends.luau.function import Function
from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.luau.outline import outline
from onnx2luau.backends.luau.syntax.nodes import (
    Expression,
    Index,
    Local,
    LocalFunction,
    Name,
    Number,
    Parameter,
)
from onnx2luau.compiler.ir.graph import Node
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value

TENSORS = "tensors"
NUMBERS = "{ number }"


class Kernel(Function):
    """A function of the generated module; `read` and `result` give it its tables."""

    def __init__(
        self,
        node: Node,
        name: str,
        slot: Callable[[Value], int],
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
        self._slot = slot
        self._preamble: list[Local] = []
        self._tables: dict[Value, Name] = {}
        self.result = self.name("y")

    def read(self, value: Value, hint: str = "x") -> Name:
        """Return the flat table of an operand."""
        array = self.constants.arrays.get(value)
        if array is not None:
            return self.constants.numbers(array, f"{self.kernel_name} {hint}")
        if value not in self._tables:
            self._tables[value] = self.name(hint)
            self._preamble.append(self._fetch(self._tables[value], value))
        return self._tables[value]

    def weights(self, value: Value, hint: str) -> Name:
        """Return the flat table of trained weights, stored in the precision the user chose."""
        array = self.constants.arrays.get(value)
        if array is None:
            return self.read(value, hint)
        return self.constants.numbers(array, f"{self.kernel_name} {hint}", reducible=True)

    def array(self, value: Value) -> Array | None:
        """Return the array behind a value, if it is a constant."""
        return self.constants.arrays.get(value)

    def functions(self, taken: set[str]) -> tuple[LocalFunction, ...]:
        """Return the kernel as a function, after others that it is made of if it would be too large."""
        parameters = (Parameter(TENSORS, "Tensors"),)
        tables = [*self._preamble, self._fetch(self.result, self.node.result)]
        return outline(self.kernel_name, parameters, tables, self.body, taken)

    def _fetch(self, name: Name, value: Value) -> Local:
        source: Expression = Index(Name(TENSORS), Number(self._slot(value)))
        return Local((Parameter(name.text, NUMBERS),), (source,))
