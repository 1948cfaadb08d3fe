"""The constants of a module: where each is stored, and the local that holds it once it is loaded.

Nothing is loaded while a module is required, which so takes no time: a layer brings a function that does it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from onnx2luau.backends.luau.emit.names import identifier
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import (
    Assign,
    Blank,
    Call,
    Comment,
    Expression,
    Field,
    Index,
    Local,
    Name,
    Number,
    Parameter,
    Statement,
    String,
    Table,
)
from onnx2luau.backends.luau.weights import Entry, WeightStore
from onnx2luau.compiler.ir.types import Array
from onnx2luau.compiler.ir.values import Value

READ = "weights"
PACKING = "packing"
SPECIAL = "special"


@dataclass(frozen=True)
class Packing:
    """A form in which a kernel wants its weights, made by a function of a runtime module.

    The function takes extents, and then the weights as they are in the model, row after row.
    """

    function: str
    type: str
    module: str = PACKING


ROWS = Packing("numbers", "{ { number } }", "rows")
ROW_VECTORS = Packing("vectors", "{ { vector } }", "rows")
COLUMNS = Packing("columns", "{ { vector } }")
THREE_COLUMNS = Packing("threeColumns", "{ { vector } }")
VECTORS = Packing("vectors", "{ vector }")
TAPS = Packing("taps", "{ { vector } }", "taps")


def read(reader: Name, form: str, entry: Entry) -> Expression:
    """Return the call that reads stored numbers: as `numbers` in a table, or as `singles` in a buffer."""
    rows = () if entry.rows is None else (Number(entry.rows),)
    place = (String(entry.format), Number(entry.offset), Number(entry.count), *rows)
    return Call(Field(reader, form), place)


class Constants:
    """Collects the declarations that stand above the kernels of one module."""

    def __init__(self, arrays: Mapping[Value, Array], store: WeightStore, taken: set[str]) -> None:
        self.arrays = arrays
        self.requires: set[str] = set()
        """Runtime modules that the kernels call."""
        self.notes: set[str] = set()
        """What a reader of the kernels should know, a line each."""
        self._store = store
        self.taken = taken
        """Names that are no longer free."""
        self._declared: dict[tuple[object, ...], Name] = {}
        self._declarations: list[Statement] = []
        self._loads: list[Statement] = []
        self._entries: set[Entry] = set()
        self._written = 0

    def numbers(self, array: Array, hint: str, *, reducible: bool = False) -> Name:
        """Return the local that holds a flat table of an array's elements."""
        return self._declare(self._read("numbers", array, reducible=reducible), hint, "{ number }")

    def list_of_numbers(self, arrays: Sequence[Array], hint: str) -> Name:
        """Return the local that holds a list of flat tables, one for each array."""
        return self._list(
            [self._read("numbers", array, reducible=False) for array in arrays], hint, "{ number }"
        )

    def packed(self, array: Array, packing: Packing, extents: tuple[int, ...], hint: str) -> Name:
        """Return the local that holds packed weights; the precision of matrices is the user's choice."""
        return self._declare(self._packed(array, packing, extents), hint, packing.type)

    def list_of_packed(
        self, arrays: Sequence[Array], packing: Packing, extents: tuple[int, ...], hint: str
    ) -> Name:
        """Return the local that holds a list of packed weights, one for each array."""
        return self._list([self._packed(array, packing, extents) for array in arrays], hint, packing.type)

    def zeros(self, vectors: int, hint: str) -> Name:
        """Return the local that holds a table of vectors of zeros, which nobody may change."""
        value = call("table.create", Number(vectors), Name("vector.zero"))
        return self._declare(value, hint, VECTORS.type)

    def special(self, function: str) -> str:
        """Return the name of a function of runtime_luau/special.luau."""
        self.requires.add(SPECIAL)
        return f"{SPECIAL}.{function}"

    def take(self) -> tuple[tuple[Statement, ...], tuple[Statement, ...]]:
        """Return the declarations since the last call, and the statements that load what they declare."""
        taken = tuple(self._declarations), tuple(self._loads)
        self._declarations, self._loads = [], []
        return taken

    def written_notes(self) -> list[Statement]:
        """Return the notes as comments, to stand above the kernels."""
        return [Blank(), *map(Comment, sorted(self.notes))] if self.notes else []

    def note_size(self, count: int) -> None:
        """Count bytes of numbers that stand in the code itself."""
        self._written += count

    def take_size(self) -> int:
        """Return the bytes, as stored, of all numbers that were asked for since the last call."""
        taken = self._written + sum(entry.size for entry in self._entries)
        self._written, self._entries = 0, set()
        return taken

    def _read(self, form: str, array: Array, *, reducible: bool) -> Expression:
        if not array.size:
            return Table(())  # nothing is stored, perhaps in the whole model
        entry = self._store.add(np.asarray(array), reducible=reducible)
        self._entries.add(entry)
        return read(Name(READ), form, entry)

    def _packed(self, array: Array, packing: Packing, extents: tuple[int, ...]) -> Expression:
        self.requires.add(packing.module)
        source = self._read("singles", array, reducible=array.ndim > 1)
        return call(f"{packing.module}.{packing.function}", *map(Number, extents), source)

    def _list(self, values: Sequence[Expression], hint: str, type_: str) -> Name:
        name = self._local(Table(()), hint, f"{{ {type_} }}")
        self._loads += [Assign(Index(name, Number(number)), value) for number, value in enumerate(values, 1)]
        return name

    def _declare(self, value: Expression, hint: str, type_: str) -> Name:
        key = (value, type_)
        if key not in self._declared:
            self._declared[key] = self._local(value, hint, type_)
        return self._declared[key]

    def _local(self, value: Expression, hint: str, type_: str) -> Name:
        name = Name(identifier(hint, self.taken))
        self._declarations.append(Local((Parameter(name.text, type_),)))
        self._loads.append(Assign(name, value))
        return name
