"""One model of a game: what makes it a digit model, and what it is called."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onnx2luau.backends.luau.emit.names import identifier
from onnx2luau.builds.manifest import Manifest
from onnx2luau.compiler.errors import UsageError
from onnx2luau.game.digits import SHIPPED, Pixels

SIZE = 28
DIGITS = 10
LONGEST_TITLE = 40


@dataclass(frozen=True)
class Entry:
    """A model as the game offers it."""

    name: str
    """The name of its folder: lower case, since file systems may not tell cases apart."""
    title: str
    """What players see: any text."""
    source_hash: str
    pixels: Pixels
    is_distribution: bool
    """Whether its outputs are shares, so that no softmax is taken of them."""
    build: Path
    manifest: Manifest


def check_inputs(inputs: Sequence[Mapping[str, Any]], origin: str) -> None:
    """Raise UsageError unless a model's only input is a picture; each has a `shape` and a `dtype`."""
    _check(inputs, SIZE * SIZE, "input", "the pixels of a 28 x 28 picture", origin)


def check_digit_model(manifest: Manifest, origin: str) -> None:
    """Raise UsageError unless a build reads pictures of digits."""
    check_inputs(manifest.inputs, origin)
    _check(manifest.outputs, DIGITS, "output", "one for each digit", origin)


def unique_name(text: str, taken: set[str]) -> str:
    """Return a safe folder name made from any text, and add it to `taken`."""
    return identifier(re.sub(r"[^a-z0-9]", "", text.lower()), taken)


def unique_title(text: str, taken: Collection[str]) -> str:
    """Return one short line of text that no other model has."""
    line = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    stem = "".join(letter for letter in line if letter.isprintable())[:LONGEST_TITLE] or "model"
    stem = SHIPPED.get(stem, stem)
    title, number = stem, 1
    while title in taken:
        number += 1
        title = f"{stem} ({number})"
    return title


def _check(ports: Sequence[Mapping[str, Any]], size: int, kind: str, meaning: str, origin: str) -> None:
    if len(ports) == 1 and math.prod(ports[0]["shape"]) == size and ports[0]["dtype"] == "f32":
        return
    described = " and ".join(map(_described, ports))
    verb = "is" if len(ports) == 1 else "are"
    found = f"its {kind}{'' if len(ports) == 1 else 's'} {verb} {described}" if ports else f"it has no {kind}"
    raise UsageError(
        f"{origin} is not a model that reads digits: {found}, "
        f"and one of {size} numbers of f32 is needed, {meaning}"
    )


def _described(port: Mapping[str, Any]) -> str:
    shape = " x ".join(map(str, port["shape"]))
    return f"{math.prod(port['shape'])} numbers ({shape or 'a scalar'}, {port['dtype']})"
