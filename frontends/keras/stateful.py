"""Layers that keep their state from one prediction to the next, as functions from state to state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from onnx2luau.compiler.errors import ModelError

from . import packages
from .source import Call, Source, distinct, static_input


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
    layers = list(layers)
    kept = _kept(layers)
    if not kept:
        return source
    seeds = _seeds(layers)
    taken = [each.name for each in source.inputs]
    names = distinct([*taken, *(each.name for each in kept)])[len(taken) :]
    inputs = [
        static_input(source.where, name, each.variable.shape, str(each.variable.dtype))
        for name, each in zip(names, kept, strict=True)
    ]
    return replace(
        source,
        call=_stateless(source, kept, seeds),
        inputs=(*source.inputs, *inputs),
        outputs=(*source.outputs, *(f"{name}/next" for name in names)),
        states=len(kept),
        remembering=partial(_remembering, source.call, kept, seeds),
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


def _seeds(layers: Iterable[tuple[Any, str]]) -> list[Any]:
    """Return the variables that random numbers begin with: dropout moves them on in inference, too."""
    return [generator.state for layer, _ in layers for generator in getattr(layer, "_seed_generators", ())]


def _stateless(source: Source, kept: Sequence[Kept], seeds: Sequence[Any]) -> Call:
    variables = [each.variable for each in kept]

    def function(values: Sequence[Any]) -> list[Any]:
        given, states = values[: len(values) - len(kept)], values[len(values) - len(kept) :]
        mapping = [*zip(variables, states, strict=True), *_unknown(seeds, states[0])]
        scope = packages.keras().StatelessScope(state_mapping=mapping)
        written = _recorded(scope)
        with scope:
            outputs = source.call(given)
        _refuse_others(source.where, written, [*variables, *seeds])
        return [*outputs, *(scope.get_current_value(variable) for variable in variables)]

    return function


def _unknown(seeds: Sequence[Any], state: Any) -> list[tuple[Any, Any]]:
    """Return seeds that depend on a state.

    From a constant seed TensorFlow would compute the random numbers once and for all. Of these they stay
    operators, which no translation knows, wherever an output needs them.
    """
    tf = packages.tensorflow()
    return [(seed, seed.value + tf.cast(tf.reshape(state, [-1])[0], seed.value.dtype)) for seed in seeds]


def _recorded(scope: Any) -> list[Any]:
    """Return a list that every variable comes into that is written in the scope."""
    written: list[Any] = []
    add_update = scope.add_update

    def recording(update: tuple[Any, Any]) -> None:
        written.append(update[0])
        add_update(update)

    scope.add_update = recording
    return written


def _refuse_others(where: str, written: Iterable[Any], known: Iterable[Any]) -> None:
    """Raise ModelError for a variable that the scope would keep from being written without a word."""
    expected = {id(variable) for variable in known}
    for variable in written:
        if id(variable) not in expected:
            raise ModelError(
                f"{where}: the variable {variable.path!r} is written in a prediction, and a compiled model "
                "keeps only the states of recurrent layers that Keras lists in it; build it without"
            )


@contextmanager
def _remembering(call: Call, kept: Sequence[Kept], seeds: Sequence[Any]) -> Iterator[Call]:
    """Give Keras's own call, with states of zero at first; afterwards its variables are as before."""
    tf = packages.tensorflow()
    before = [(each, tf.identity(each.value)) for each in (*(each.variable for each in kept), *seeds)]
    try:
        for each in kept:  # Keras's reset_state() fails on the states of stacked cells
            each.variable.assign(tf.zeros_like(each.variable.value))
        yield call
    finally:
        for variable, value in before:
            variable.assign(value)
