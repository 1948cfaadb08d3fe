"""Manifests of builds with fields left out, doubled and set to what no compile writes, and with other bytes."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

ODD: list[Any] = [
    *(None, True, 0, -1, 1, 2**31, 2**63, 10**40, 1e308, float("nan"), float("inf"), 0.5),
    *("", "x", "y", "\0", "../../x", "é" * 300, "Model.luau", "/"),
    *([], [None], [0], [-1], [1, 4], [[1]], [2**40, 2**40], {}, {"name": None}, {"name": "x", "shape": [1]}),
]


def mutants(whole: bytes, seed: int, count: int) -> Iterator[bytes]:
    """Yield `count` files, the same for a seed, each damaged in one to three ways."""
    for index in range(count):
        chance = random.Random(f"{seed} {index}")
        data = json.loads(whole)
        for _ in range(chance.choice((1, 1, 2, 3))):
            data = _changed(data, chance)
        text = json.dumps(data, indent=2).encode()
        yield _other_bytes(text, chance) if chance.random() < 0.2 else text


def _changed(data: Any, chance: random.Random) -> Any:
    """Return JSON in which one value, anywhere in it, is gone, another one's, or odd."""
    places = list(_places(data))
    if not places:
        return chance.choice(ODD)
    box, key = chance.choice(places)
    match chance.choice(("drop", "odd", "odd", "other", "double")):
        case "drop":
            del box[key]
        case "odd":
            box[key] = copy.deepcopy(chance.choice(ODD))
        case "other":
            other, name = chance.choice(places)
            box[key] = copy.deepcopy(other[name])
        case "double" if isinstance(box, list):
            box.insert(key, copy.deepcopy(box[key]))
        case "double":
            box[f"{key}2"] = copy.deepcopy(box[key])
    return data


def _places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each list or object with each of its indices or keys."""
    if isinstance(data, dict | list):
        for key in list(data) if isinstance(data, dict) else range(len(data)):
            yield data, key
            yield from _places(data[key])


def _other_bytes(data: bytes, chance: random.Random) -> bytes:
    place, length = chance.randrange(len(data)), chance.choice((1, 4, 100))
    match chance.choice(("cut", "end", "set", "deep")):
        case "cut":
            return data[:place] + data[place + length :]
        case "end":
            return data[:place]
        case "set":
            return data[:place] + bytes(chance.randrange(256) for _ in range(length)) + data[place + length :]
        case _:
            return data[:place] + b"[" * chance.choice((10, 100_000)) + data[place:]
