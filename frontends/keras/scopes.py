"""Which layer a TensorFlow node belongs to.

Keras opens a name scope a layer, but TensorFlow numbers the scopes as it likes: the layer "dense" may trace
as "dense_1", where another layer bears that very name. So the layers carry unmistakable names while they are
traced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

Labeller = Callable[[str], str | None]
"""From a node's name to its layer's label: "" where the model itself makes the node, None where unknown."""

_TOKEN = "layer{}.scope"  # noqa: S105 - a name, not a secret
_SEGMENT = re.compile(r"layer(\d+)\.scope(?:_\d+)?")
_WRAPPERS = re.compile(r"(Stateful)?PartitionedCall(_\d+)?")


@contextmanager
def unmistakable(layers: Sequence[tuple[Any, str]]) -> Iterator[None]:
    """Name each layer after its place in the list for as long as the context lasts."""
    renamed: list[tuple[Any, str]] = []
    try:
        for index, (layer, _) in enumerate(layers):
            name = layer.name
            try:
                layer.name = _TOKEN.format(index)
            except AttributeError:  # a custom layer may define its name as a read-only property
                continue
            renamed.append((layer, name))
        yield
    finally:
        for layer, name in renamed:
            layer.name = name


def by_token(layers: Sequence[tuple[Any, str]]) -> Labeller:
    """Label nodes traced inside `unmistakable(layers)` with their innermost layer."""

    def label(node: str) -> str | None:
        found = _SEGMENT.findall(node)
        return layers[int(found[-1])][1] if found else None

    return label


def by_scope(known: frozenset[str]) -> Labeller:
    """Label nodes of a SavedModel, of whose layers only the names of the variables' scopes are left.

    A scope that was numbered ("hidden_1") is called by the name that a variable knows it by ("hidden").
    """

    def segment(name: str) -> str:
        bare = re.sub(r"_\d+$", "", name)
        return bare if name not in known and bare in known else name

    def label(node: str) -> str | None:
        scopes = [segment(part) for part in node.split("/")[:-1] if not _WRAPPERS.fullmatch(part)]
        return "/".join(scope for scope in scopes if scope in known) if scopes else None

    return label
