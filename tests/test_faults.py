"""The proof finds faults: each kind that was found in the field, put back on purpose, makes a compile fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

import onnx2luau
from onnx2luau.backends.luau import scalars
from onnx2luau.compiler import passes
from onnx2luau.compiler.errors import DisagreementError
from tests.cases import Array, floats, make_model

Nodes = list[tuple[str, list[str], str]]
Patch = pytest.MonkeyPatch
LOWEST = np.finfo(np.float32).min


def model(nodes: Nodes, x: Array, **constants: object) -> onnx.ModelProto:
    made = [helper.make_node(operator, inputs, [output]) for operator, inputs, output in nodes]
    known = {name: np.asarray(value) for name, value in constants.items()}
    return make_model(made, {"x": x}, [nodes[-1][2]], known)


def without(*names: str) -> Callable[[Patch], None]:
    """Return a switch that leaves passes out."""
    kept = tuple(rewrite for rewrite in passes.PIPELINE if rewrite.__name__ not in names)
    assert len(kept) == len(passes.PIPELINE) - len(names)
    return lambda patch: patch.setattr(passes, "PIPELINE", kept)


def short_decimals(patch: Patch) -> None:
    """Write every constant as the shortest decimal of its single."""
    number = scalars._Emitter.number
    patch.setattr(scalars, "ORDINARY", np.inf)
    patch.setattr(
        scalars._Emitter, "number", lambda self, body, *, exact=True: number(self, body, exact=False)
    )


@dataclass(frozen=True)
class Fault:
    """A switch that puts a fault back, and a small model that shows it."""

    name: str
    switch: Callable[[Patch], None]
    model: onnx.ModelProto


X = floats(1, 8)
TENTH = np.float32(0.1)
UNROUNDED = without("round_to_single")
FAULTS = [
    Fault("round", UNROUNDED, model([("Div", ["x", "c"], "a"), ("Round", ["a"], "y")], X, c=TENTH)),
    Fault("floor", UNROUNDED, model([("Mul", ["x", "c"], "a"), ("Floor", ["a"], "y")], X, c=np.float32(10))),
    Fault("ceil", UNROUNDED, model([("Div", ["x", "c"], "a"), ("Ceil", ["a"], "y")], X, c=np.float32(0.3))),
    Fault(
        "sign",
        UNROUNDED,
        model(
            [
                ("Sub", ["x", "c"], "a"),
                ("Mul", ["a", "d"], "b"),
                ("Sub", ["b", "e"], "f"),
                ("Sign", ["f"], "y"),
            ],
            X,
            c=TENTH,
            d=np.float32(3),
            e=np.float32(0.6),
        ),
    ),
    Fault(
        "where",
        UNROUNDED,
        model(
            [("Mul", ["x", "c"], "a"), ("Equal", ["a", "d"], "b"), ("Where", ["b", "x", "a"], "y")],
            X,
            c=np.float32(10),
            d=np.float32(7),
        ),
    ),
    Fault(
        "integers that become floats",
        UNROUNDED,
        model(
            [("CastLike", ["x", "c"], "a"), ("Sub", ["a", "c"], "y")],
            np.ones((1, 8), np.int64),
            c=np.float32(2**24),
        ),
    ),
    Fault(
        "overflow",
        without("overflow_as_singles"),
        model([("Exp", ["x"], "a"), ("Div", ["a", "a"], "y")], X),
    ),
    Fault("an output that overflows", without("overflow_as_singles"), model([("Mul", ["x", "x"], "y")], X)),
    Fault(
        "short decimals in a comparison", short_decimals, model([("Greater", ["x", "c"], "y")], X, c=TENTH)
    ),
    Fault(
        "short decimals that cancel",
        short_decimals,
        model([("Sub", ["x", "c"], "a"), ("Sqrt", ["a"], "y")], X, c=np.float32(0.3)),
    ),
    Fault(
        "short decimals of a mask",
        short_decimals,
        model(
            [
                ("Sub", ["c", "x"], "a"),
                ("Mul", ["a", "d"], "b"),
                ("Add", ["b", "m"], "e"),
                ("Softmax", ["e"], "y"),
            ],
            floats(32, 2),
            c=np.float32(1),
            d=LOWEST,
            m=np.float32([[0, LOWEST]]),
        ),
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_found(fault: Fault, tmp_path: Path, monkeypatch: Patch) -> None:
    onnx2luau.compile(fault.model, tmp_path / "right")
    fault.switch(monkeypatch)
    with pytest.raises(DisagreementError):
        onnx2luau.compile(fault.model, tmp_path / "wrong")
