"""Loop nests over tensors that are laid out differently: the index arithmetic of every moving op."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from onnx2luau.backends.luau.emit.function import Function
from onnx2luau.backends.luau.emit.strided import Strided
from onnx2luau.backends.luau.syntax.arithmetic import plus, times
from onnx2luau.backends.luau.syntax.nodes import Expression, Index, Name, Number

Body = Callable[[list[Expression]], None]


def collapse(extents: Sequence[int], layouts: Sequence[Strided]) -> tuple[list[int], list[Strided]]:
    """Join neighbouring axes that every layout walks through as one, and drop those of extent 1."""
    kept: list[int] = []
    strides: list[list[int]] = [[] for _ in layouts]
    for axis, extent in enumerate(extents):
        here = [layout.strides[axis] for layout in layouts]
        if extent == 1:
            continue
        if kept and all(own[-1] == step * extent for own, step in zip(strides, here, strict=True)):
            kept[-1] *= extent
            for own, step in zip(strides, here, strict=True):
                own[-1] = step
            continue
        kept.append(extent)
        for own, step in zip(strides, here, strict=True):
            own.append(step)
    joined = [
        Strided(tuple(own), layout.start, layout.base) for own, layout in zip(strides, layouts, strict=True)
    ]
    return kept, joined


def nest(
    f: Function,
    extents: Sequence[int],
    layouts: Sequence[Strided],
    body: Body,
    tables: Mapping[int, Name] | None = None,
) -> None:
    """Emit loops over `extents`; `body` gets, for each layout, the index (from 1) of the current element.

    For a layout with a table, by its number, it gets the element itself; one that is the same for all rounds
    of the innermost loop is read before it.
    """
    if 0 in extents:
        return
    kept, joined = collapse(extents, layouts)
    offsets = [plus(layout.base, layout.start) for layout in joined]
    tables = tables or {}
    if not kept:
        places = [plus(offset, 1) for offset in offsets]
        body([Index(tables[n], place) if n in tables else place for n, place in enumerate(places)])
        return
    with ExitStack() as loops:
        for axis, extent in enumerate(kept[:-1]):
            variable = loops.enter_context(f.loop("ijklmnop"[axis % 8], 0, extent - 1))
            offsets = _offsets(f, offsets, variable, [layout.strides[axis] for layout in joined])
        fixed = {
            number: f.local("same", Index(table, plus(offsets[number], 1)))
            for number, table in tables.items()
            if joined[number].strides[-1] == 0
        }
        last = loops.enter_context(f.loop("index", 1, kept[-1]))
        places = [
            _index(offset, last, layout.strides[-1]) for offset, layout in zip(offsets, joined, strict=True)
        ]
        elements = {n: fixed.get(n) or Index(table, places[n]) for n, table in tables.items()}
        body([elements.get(number, place) for number, place in enumerate(places)])


def _offsets(
    f: Function, offsets: Sequence[Expression], variable: Name, strides: Sequence[int]
) -> list[Expression]:
    """Return the offsets one loop further in, each computed once."""
    known: dict[Expression, Expression] = {}
    result: list[Expression] = []
    for offset, stride in zip(offsets, strides, strict=True):
        inner = offset if stride == 0 else _sum(offset, variable, stride)
        if inner not in known:
            is_plain = stride == 0 or isinstance(inner, Name)
            known[inner] = inner if is_plain else f.local("offset", inner)
        result.append(known[inner])
    return result


def _index(offset: Expression, variable: Name, stride: int) -> Expression:
    """Return the element at a variable that counts from 1."""
    if stride == 0:
        return plus(offset, 1)
    return plus(_sum(offset, variable, stride), 1 - stride)


def _sum(offset: Expression, variable: Name, stride: int) -> Expression:
    """Return offset + variable * stride, literals last so that they can be joined."""
    product = times(variable, stride)
    match offset:
        case Number(value):
            return plus(product, value)
        case _:
            return plus(offset, product)
