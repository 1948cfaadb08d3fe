"""Loops over the elements of a row, several of them a round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from onnx2luau.backends.luau.emit.function import Function
from onnx2luau.backends.luau.emit.nest import collapse
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.syntax.arithmetic import plus, times
from onnx2luau.backends.luau.syntax.nodes import Expression

SHORT = 8
"""So many elements need no loop."""
AT_ONCE = 8
MOST_OPERATIONS = 48
"""Of a round."""


def chunks(
    f: Function,
    extents: Sequence[int],
    layouts: Sequence[Strided],
    weight: int,
    element: Callable[[list[Expression]], None],
) -> None:
    """Write loops over extents; `element` gets the place (from 1) in each layout, `weight` is its operations.

    A layout's base lies before its first element.
    """
    kept, joined = collapse(extents, layouts)
    bases = [plus(layout.base, layout.start) for layout in joined]
    *outer, extent = kept or [1]
    with ExitStack() as loops:
        for axis, count in enumerate(outer):
            variable = loops.enter_context(f.loop("ijk"[axis % 3], 0, count - 1))
            steps = [layout.strides[axis] for layout in joined]
            bases = _named(
                f, [plus(base, times(variable, step)) for base, step in zip(bases, steps, strict=True)]
            )
        steps = [layout.strides[-1] if kept else 0 for layout in joined]
        if extent <= SHORT:
            _written_out(f, range(extent), bases, steps, element)
            return
        at_once = max(1, min(AT_ONCE, MOST_OPERATIONS // max(weight, 1)))
        whole = extent // at_once * at_once
        with f.loop("i", 0, whole - 1, at_once) as i:
            places = _named(f, [plus(base, times(i, step)) for base, step in zip(bases, steps, strict=True)])
            _written_out(f, range(at_once), places, steps, element)
        _written_out(f, range(whole, extent), bases, steps, element)


def _named(f: Function, places: Sequence[Expression]) -> list[Expression]:
    """Return the places, each that is not a name already as a local."""
    known: dict[Expression, Expression] = {}
    for place in places:
        if place not in known:
            known[place] = f.named("place", place)
    return [known[place] for place in places]


def _written_out(
    f: Function,
    elements: range,
    places: Sequence[Expression],
    steps: Sequence[int],
    element: Callable[[list[Expression]], None],
) -> None:
    for number in elements:
        element([plus(place, number * step + 1) for place, step in zip(places, steps, strict=True)])
