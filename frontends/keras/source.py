"""What every kind of Keras model is reduced to before it is traced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from onnx2luau.compiler.errors import ModelError

Call = Callable[[Sequence[Any]], list[Any]]
"""Takes one tensor an input, in order, and returns one tensor an output, in order."""


@dataclass(frozen=True)
class Input:
    """One model input: its plain name, its static shape (batch first) and NumPy's name of its type."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class Source:
    """A function of flat lists of tensors, and the names it goes by.

    where: how messages call the model, e.g. "digits.keras".
    call: the model, as a function of its inputs and states alone.
    outputs: the output names, or none where the first call tells them (see `output_names`).
    states: how many of the last inputs are states, which the last outputs are in the next prediction.
    remembering: opens a call without states, which Keras itself keeps, from zeros; none without states.
    layers: the model with the label "", and the layers below it with theirs, e.g. "encoder/hidden".
    known_scopes: where the layers are not known, the scopes that are likely theirs.
    """

    where: str
    name: str
    call: Call
    inputs: tuple[Input, ...]
    outputs: tuple[str, ...] = ()
    states: int = 0
    remembering: Callable[[], AbstractContextManager[Call]] | None = None
    layers: tuple[tuple[Any, str], ...] = ()
    known_scopes: frozenset[str] = field(default_factory=frozenset)

    def output_names(self, count: int) -> tuple[str, ...]:
        """Return `count` names, none of which is also the name of an input."""
        names = self.outputs if len(self.outputs) == count else ("output",) * count
        return distinct(names, taken=[i.name for i in self.inputs])


def distinct(names: Iterable[str], taken: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names with _1, _2, ... added where one occurs again."""
    used = set(taken)
    result: list[str] = []
    for name in names:
        choice, number = name, 0
        while choice in used:
            number += 1
            choice = f"{name}_{number}"
        used.add(choice)
        result.append(choice)
    return tuple(result)


def static_input(where: str, name: str, shape: Sequence[int | None] | None, dtype: str) -> Input:
    """Fix the batch of an input to 1 where the model leaves it open.

    Raises ModelError for text, for an unknown rank and for any other unknown dimension.
    """
    if dtype == "string":
        raise ModelError(f"{where}: the input {name!r} takes text, and a compiled model takes only numbers")
    if shape is None:
        raise ModelError(f"{where}: the input {name!r} has an unknown rank; give it a fixed shape")
    fixed = [1 if axis == 0 and size is None else size for axis, size in enumerate(shape)]
    for axis, size in enumerate(fixed):
        if size is None:
            written = "x".join("?" if s is None else str(s) for s in shape)
            raise ModelError(
                f"{where}: dimension {axis} of the input {name!r} ({written}) is open; "
                "build the model with a fixed size there"
            )
    return Input(name, tuple(int(size) for size in fixed if size is not None), dtype)
