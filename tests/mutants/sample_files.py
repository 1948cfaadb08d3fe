"""Files of samples with bytes flipped, cut out, repeated, and taken from one another."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator

import numpy as np

X = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
N = np.arange(3)
RARE = (0, 1, 0x7F, 0x80, 0xFF)


def _saved(*, packed: bool, **arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(stream, **arrays)  # type: ignore[arg-type] # one option is typed
    return stream.getvalue()


def _plain(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


SEEDS = (
    _saved(packed=False, x=X, n=N),
    _saved(packed=True, x=X, n=N),
    _saved(packed=True, x=X.astype(">f8"), n=N.astype(np.uint8), y=N),
    _saved(packed=False, x=np.asfortranarray(X[:, None]), n=N.astype(np.int32)),
    _plain(X),
    _plain(N),
)
"""Whole files, for a model with the inputs x: f32[1,4] and n: i64[]; the last two hold one array only."""


def mutants(seed: int, count: int) -> Iterator[bytes]:
    """Yield `count` files, the same for a seed, each damaged in one to four ways."""
    chance = random.Random(seed)
    for _ in range(count):
        data = bytearray(chance.choice(SEEDS))
        for _ in range(chance.randint(1, 4)):
            _damage(data, chance)
        yield bytes(data)


def _damage(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data) + 1)
    end = min(len(data), start + chance.choice((1, 2, 4, 16, 200)))
    match chance.choice(("flip", "set", "cut", "end", "repeat", "splice", "digit")):
        case "flip" if start < len(data):
            data[start] ^= 1 << chance.randrange(8)
        case "set":
            data[start:end] = bytes(chance.choice(RARE) for _ in range(end - start))
        case "cut":
            del data[start:end]
        case "end":
            del data[start:]
        case "repeat":
            data[start:start] = data[start:end]
        case "splice":
            other = chance.choice(SEEDS)
            place = chance.randrange(len(other))
            data[start:end] = other[place : place + chance.choice((8, 64, 1000))]
        case "digit":
            digits = [place for place, byte in enumerate(data) if 0x30 <= byte <= 0x39]
            if digits:
                data[chance.choice(digits)] = chance.choice(b"0123456789-(,")
