"""The proof finds faults: each kind that was found in the field, put back on purpose, makes a compile fail."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

import onnx2luau
from onnx2luau import driver
from onnx2luau.backends.luau.emit import scalars
from onnx2luau.backends.luau.weights import reduced, store
from onnx2luau.builds.build_folder import write_files
from onnx2luau.compiler import passes
from onnx2luau.compiler.errors import DisagreementError
from tests.cases import OPSET, Array, floats, make_model

Nodes = list[tuple[str, list[str], str]]
Patch = pytest.MonkeyPatch
LOWEST = np.finfo(np.float32).min


def model(nodes: Nodes, x: Array, opset: int = OPSET, **constants: object) -> onnx.ModelProto:
    made = [helper.make_node(operator, inputs, [output]) for operator, inputs, output in nodes]
    known = {name: np.asarray(value) for name, value in constants.items()}
    return make_model(made, {"x": x}, [nodes[-1][2]], known, opset)


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


def edited(pattern: str, replacement: str) -> Callable[[Patch], None]:
    """Return a switch that changes the generated Luau, as a fault of the generator would."""

    def write(folder: Path, files: Mapping[str, str]) -> None:
        wrong = {path: re.sub(pattern, replacement, text) for path, text in files.items()}
        assert wrong != dict(files), f"nothing matches {pattern}"
        write_files(folder, wrong)

    return lambda patch: patch.setattr(driver, "write_files", write)


def halves_at_any_size(patch: Patch) -> None:
    """Store a matrix as halves where rounding left it as it is, as if it then consisted of halves."""

    def stored(array: Array, precision: str) -> tuple[str, list[Array]]:
        if precision == "f16" and np.array_equal(reduced(array, precision), array):
            with np.errstate(over="ignore"):
                return "f16", [array.ravel().astype("<f2")]
        return right(array, precision)

    right = store._stored
    patch.setattr(store, "_stored", stored)


@dataclass(frozen=True)
class Fault:
    """A switch that puts a fault back, and a small model that shows it."""

    name: str
    switch: Callable[[Patch], None]
    model: onnx.ModelProto
    weights: str = "f32"


def pooling(operator: str, size: int, **attributes: list[int]) -> onnx.ModelProto:
    node = helper.make_node(operator, ["x"], ["y"], kernel_shape=[2], pads=[1, 1], **attributes)
    return make_model([node], {"x": floats(1, 4, size)}, ["y"])


def with_one(array: Array, number: float) -> Array:
    """Return an array with one number of another size."""
    array[5, 3] = number
    return array


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
    Fault(
        "a maximum that passes over NaN",
        edited(r" or v ~= v\b", ""),
        pooling("MaxPool", 9, dilations=[2]),
    ),
    Fault(
        "a maximum of padding alone",
        edited(r"if isMet then best else \S+", "best"),
        pooling("MaxPool", 2, dilations=[3]),
    ),
    Fault(
        "a mean of padding alone",
        edited(r"math\.max\(count, 1\)", "count"),
        pooling("AveragePool", 2, dilations=[3]),
    ),
    Fault(
        "a logarithm that is absorbed",
        edited(r"\bs(\d+) - logarithm", r"v\1 - (largest + logarithm)"),
        model([("LogSoftmax", ["x"], "y")], X),
    ),
    Fault(
        "powers that associate to the wrong side",
        edited(r"\(([^()]+ \^ [^()]+)\) \^", r"\1 ^"),
        model([("Pow", ["x", "a"], "p"), ("Pow", ["p", "b"], "y")], X, a=np.float32(2.5), b=np.float32(1.5)),
    ),
    Fault(
        "the remainder that Luau has",
        edited(r"local rest = math\.fmod\(a, b\)", "do return a % b end local rest = 0"),
        model([("Mod", ["x", "c"], "y")], X, 28, c=np.float32(0.3)),
    ),
    Fault(
        "the root that Luau has for powers",
        edited(r"if (\w+\S*) == -math\.huge then math\.huge else math\.sqrt\(\1 \+ 0\)", r"\1 ^ 0.5"),
        model([("Pow", ["x", "c"], "y")], X, c=np.float32(0.5)),
    ),
    Fault(
        "zeros without a sign",
        edited(r"if even == 0 then x \* 0 else even", "even"),
        model([("Round", ["x"], "a"), ("Reciprocal", ["a"], "y")], X),
    ),
    Fault(
        "halves that are infinite",
        halves_at_any_size,
        model([("MatMul", ["x", "w"], "y")], floats(1, 60), w=with_one(floats(60, 50), 7e4)),
        weights="f16",
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_found(fault: Fault, tmp_path: Path, monkeypatch: Patch) -> None:
    onnx2luau.compile(fault.model, tmp_path / "right", weights=fault.weights)
    fault.switch(monkeypatch)
    with pytest.raises(DisagreementError):
        onnx2luau.compile(fault.model, tmp_path / "wrong", weights=fault.weights)
