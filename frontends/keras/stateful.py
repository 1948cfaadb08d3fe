"""Layers that keep their state from one prediction to the next, as functions from state to state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from . import packages
from .source import Source, distinct, static_input

Call = Callable[[Sequence[Any]], list[Any]]


@dataclass(frozen=True)
class Kept:
    """A variable that a recurrent layer writes in every prediction."""

    name: str
    variable: Any
    """[batch, units]"""


def keeps(layer: Any) -> bool:
    """Whether a layer was built with stateful=True."""
    return getattr(layer, "stateful", False) is True


def is_understood(layer: Any) -> bool:
    """Whether what such a layer keeps is known: recurrent layers have `states`, wrappers hold such layers."""
    layers = packages.keras().layers
    return isinstance(layer, layers.RNN | layers.Bidirectional)


def with_states(source: Source, layers: Iterable[tuple[Any, str]]) -> Source:
    """Return a source that takes the states of its layers as its last inputs, and gives the next ones.

    A layer that is used twice in a prediction goes on from its own state, as it does in Keras.
    """
    kept = _kept(layers)
    if not kept:
        return source
    taken = [each.name for each in source.inputs]
    names = distinct([*taken, *(each.name for each in kept)])[len(taken) :]
    inputs = [
        static_input(source.where, name, each.variable.shape, str(each.variable.dtype))
        for name, each in zip(names, kept, strict=True)
    ]
    return replace(
        source,
        call=_stateless(source.call, kept),
        inputs=(*source.inputs, *inputs),
        outputs=(*source.outputs, *(f"{name}/next" for name in names)),
        states=len(kept),
    )


def _kept(layers: Iterable[tuple[Any, str]]) -> list[Kept]:
    keras = packages.keras()
    found = []
    for layer, label in layers:
        if keeps(layer) and isinstance(layer, keras.layers.RNN):
            variables = keras.tree.flatten(layer.states)
            several = len(variables) > 1
            found += [
                Kept(f"{label}/state_{number}" if several else f"{label}/state", variable)
                for number, variable in enumerate(variables, 1)
            ]
    return found


def _stateless(call: Call, kept: Sequence[Kept]) -> Call:
    def function(values: Sequence[Any]) -> list[Any]:
        given, states = values[: len(values) - len(kept)], values[len(values) - len(kept) :]
        variables = [each.variable for each in kept]
        mapping = list(zip(variables, states, strict=True))
        with packages.keras().StatelessScope(state_mapping=mapping) as scope:
            outputs = call(given)
        return [*outputs, *(scope.get_current_value(variable) for variable in variables)]

    return function
