"""The constants of a module: where each is stored, and the local that holds it once it is loaded.

Nothing is loaded while a module is required, which so takes no time: a layer brings a function that does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from onnx2luau.backends.luau.emit.names import identifier
from onnx2luau.backends.luau.syntax.arithmetic import call
from onnx2luau.backends.luau.syntax.nodes import (
    Assign,
    Call,
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
JOINED_COLUMNS = Packing("joinedColumns", "{ { vector } }")
VECTORS = Packing("vectors", "{ vector }")
TAPS = Packing("taps", "{ { vector } }", "taps")


Stored = tuple[Expression, Entry | None]
"""What reads an array, and where it is stored, if it is."""


def read(reader: Name, form: str, entry: Entry) -> Expression:
    """Return the call that reads stored numbers: as `numbers` in a table, or as `singles` in a buffer."""
    rows = () if entry.rows is None else (Number(entry.rows),)
    place = (String(entry.format), Number(entry.offset), Number(entry.count), *rows)
    return Call(Field(reader, form), place)


@dataclass(frozen=True)
class Constant:
    """A local above the kernels, and what fills it."""

    name: str
    type: str
    loads: tuple[Statement, ...]
    entries: tuple[Entry, ...]
    """Where its numbers are stored."""
    start: Expression | None = None
    """What it holds before it is filled."""

    @property
    def declaration(self) -> Local:
        """The statement that declares it."""
        return Local((Parameter(self.name, self.type),), () if self.start is None else (self.start,))


@dataclass
class Needs:
    """What one kernel takes from outside of its function."""

    constants: dict[str, Constant] = field(default_factory=dict)
    """By name, in the order in which they were asked for."""
    requires: set[str] = field(default_factory=set)
    """Runtime modules that it calls."""
    notes: set[str] = field(default_factory=set)
    """What a reader of it should know, a line each."""
    written: int = 0
    """Bytes of numbers that stand in its code."""

    @property
    def size(self) -> int:
        """The bytes of its numbers, as stored."""
        entries = {entry for constant in self.constants.values() for entry in constant.entries}
        return self.written + sum(entry.size for entry in entries)


class Constants:
    """The constants of a whole build: equal ones have one name, whichever kernels use them."""

    def __init__(self, store: WeightStore, taken: set[str]) -> None:
        self._needs = Needs()
        self._store = store
        self._taken = taken
        """Names that are no longer free."""
        self._known: dict[tuple[object, ...], Constant] = {}

    def take(self) -> Needs:
        """Return what was asked for since the last call."""
        taken, self._needs = self._needs, Needs()
        return taken

    def require(self, module: str) -> None:
        """Note that a kernel calls a runtime module."""
        self._needs.requires.add(module)

    def note(self, text: str) -> None:
        """Note what a reader of the kernel should know."""
        self._needs.notes.add(text)

    def note_size(self, count: int) -> None:
        """Count bytes of numbers that stand in the code itself."""
        self._needs.written += count

    def numbers(self, array: Array, hint: str, *, reducible: bool = False) -> Name:
        """Return the local that holds a flat table of an array's elements."""
        return self._declare([self._read("numbers", array, reducible=reducible)], hint, "{ number }")

    def list_of_numbers(self, arrays: Sequence[Array], hint: str) -> Name:
        """Return the local that holds a list of flat tables, one for each array."""
        values = [self._read("numbers", array, reducible=False) for array in arrays]
        return self._declare(values, hint, "{ number }", is_list=True)

    def packed(self, array: Array, packing: Packing, extents: tuple[int, ...], hint: str) -> Name:
        """Return the local that holds packed weights; the precision of matrices is the user's choice."""
        return self._declare([self._packed(array, packing, extents)], hint, packing.type)

    def list_of_packed(
        self, arrays: Sequence[Array], packing: Packing, extents: tuple[int, ...], hint: str
    ) -> Name:
        """Return the local that holds a list of packed weights, one for each array."""
        values = [self._packed(array, packing, extents) for array in arrays]
        return self._declare(values, hint, packing.type, is_list=True)

    def zeros(self, vectors: int, hint: str) -> Name:
        """Return the local that holds a table of vectors of zeros, which nobody may change."""
        value = call("table.create", Number(vectors), Name("vector.zero"))
        return self._declare([(value, None)], hint, VECTORS.type)

    def special(self, function: str) -> str:
        """Return the name of a function of runtime_luau/special.luau."""
        self.require(SPECIAL)
        return f"{SPECIAL}.{function}"

    def _read(self, form: str, array: Array, *, reducible: bool) -> Stored:
        if not array.size:
            return Table(()), None  # nothing is stored, perhaps in the whole model
        entry = self._store.add(np.asarray(array), reducible=reducible)
        return read(Name(READ), form, entry), entry

    def _packed(self, array: Array, packing: Packing, extents: tuple[int, ...]) -> Stored:
        self.require(packing.module)
        source, entry = self._read("singles", array, reducible=array.ndim > 1)
        return call(f"{packing.module}.{packing.function}", *map(Number, extents), source), entry

    def _declare(self, values: Sequence[Stored], hint: str, type_: str, *, is_list: bool = False) -> Name:
        expressions = tuple(value for value, _ in values)
        key = (expressions, type_, is_list)
        if key not in self._known:
            name = Name(identifier(hint, self._taken))
            targets: list[Expression] = [name]
            if is_list:
                targets = [Index(name, Number(place)) for place in range(1, len(values) + 1)]
            self._known[key] = Constant(
                name.text,
                f"{{ {type_} }}" if is_list else type_,
                tuple(Assign(target, value) for target, value in zip(targets, expressions, strict=True)),
                tuple(entry for _, entry in values if entry is not None),
                Table(()) if is_list else None,
            )
        found = self._known[key]
        self._needs.constants[found.name] = found
        return Name(found.name)
