"""tf2onnx made to translate the same graph in the same way each time.

It walks over sets of names and of nodes, and so in an order that changes from one run of Python to the next;
and its names carry a counter of the process, by which it sorts. Most of that disappears when the result is
renamed, but where it decides which of two rewrites comes first, another graph comes out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, MutableSet
from contextlib import contextmanager
from typing import Any

from . import packages


class InsertionOrderedSet(MutableSet[Any]):
    """A set that is walked in the order in which its items came."""

    def __init__(self, items: Iterable[Any] = ()) -> None:
        self._items = dict.fromkeys(items)

    def __contains__(self, item: object) -> bool:
        return item in self._items

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: Any) -> None:
        """Add an item at the end, unless it is there."""
        self._items[item] = None

    def discard(self, item: Any) -> None:
        """Remove an item, if it is there."""
        self._items.pop(item, None)

    def update(self, *others: Iterable[Any]) -> None:
        """Add the items of all the others."""
        for other in others:
            self._items.update(dict.fromkeys(other))

    def union(self, *others: Iterable[Any]) -> InsertionOrderedSet:
        """Return a new set with the items of all the others added."""
        result = InsertionOrderedSet(self)
        result.update(*others)
        return result

    def intersection(self, other: Iterable[Any]) -> InsertionOrderedSet:
        """Return a new set of the items that are in the other too."""
        return InsertionOrderedSet(item for item in self if item in frozenset(other))

    def difference(self, other: Iterable[Any]) -> InsertionOrderedSet:
        """Return a new set of the items that are not in the other."""
        return InsertionOrderedSet(item for item in self if item not in frozenset(other))

    def issubset(self, other: Iterable[Any]) -> bool:
        """Tell whether the other has all the items."""
        return frozenset(self) <= frozenset(other)


@contextmanager
def steady() -> Iterator[None]:
    """Give tf2onnx's modules ordered sets and a fresh counter for as long as the context lasts."""
    packages.tf2onnx()  # all its modules, before they are counted
    packages.import_quietly("tf2onnx.utils").INTERNAL_NAME = 1
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] == "tf2onnx"]
    for module in modules:
        # A name in a module comes before the built-in one of the same name.
        vars(module)["set"] = InsertionOrderedSet
    try:
        yield
    finally:
        for module in modules:
            vars(module).pop("set", None)
