"""Kernels over rows: names, operands that are read in two ways, and numbers that are not plain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import NodeProto, helper

from onnx2luau.backends.luau.options import TARGETS
from onnx2luau.backends.lune.lune import Lune
from tests.cases import Array, Case, floats, luau_text, make_model, prove

node = helper.make_node
LAST = np.array([-1])


def case(nodes: list[NodeProto], inputs: dict[str, Array], **constants: Array) -> Case:
    model = make_model(nodes, inputs, ["y"], constants)
    return Case("rows", model, {name: array[None] for name, array in inputs.items()})


def twins(length: int) -> Case:
    """Return a group that reads tensors whose names become the same."""
    nodes = [
        *(node("ReduceMax", [name, "a"], [f"m{name}"]) for name in ("X", "x")),
        node("Sub", ["X", "mX"], ["p"]),
        node("Sub", ["x", "mx"], ["q"]),
        node("Mul", ["p", "q"], ["y"]),
    ]
    return case(nodes, {"X": floats(2, length), "x": floats(2, length, seed=1)}, a=LAST)


def named(name: str) -> Case:
    """Return a softmax over a product with a tensor of a name that kernels use themselves."""
    nodes = [
        node("Mul", ["first_input", "first_input"], ["p"]),
        node("Mul", ["p", name], ["q"]),
        node("Softmax", ["q"], ["y"], axis=-1),
    ]
    return case(nodes, {"first_input": floats(2, 20), name: floats(2, 20, seed=1)})


def two_ways() -> Case:
    """Return a group that reads one tensor along different axes."""
    nodes = [
        node("ReduceMean", ["x", "a"], ["m"]),
        node("Reshape", ["v", "s"], ["u"]),
        node("Mul", ["m", "u"], ["n"]),
        node("Sub", ["x", "n"], ["d"]),
        node("Mul", ["d", "v"], ["y"]),
    ]
    return case(nodes, {"x": floats(2, 2, 12), "v": floats(2, 1, seed=1)}, a=LAST, s=np.array([2, 1, 1]))


CASES = {
    **{f"twins of {length}": twins(length) for length in (5, 13, 30)},
    **{f"called {name}": named(name) for name in ("v", "v2", "total", "power", "largest", "place", "first")},
    "two ways": two_ways(),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", CASES)
def test_groups(name: str, target: str, tmp_path: Path, lunes: dict[str, Lune]) -> None:
    prove(CASES[name], tmp_path, lunes[target])
    assert "schedule by_row" in luau_text(tmp_path)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("length", [11, 12, 30])
def test_rows_that_begin_with_no_plain_number(
    length: int, target: str, tmp_path: Path, lunes: dict[str, Lune]
) -> None:
    tested = case(
        [node("ReduceMean", ["x", "a"], ["m"]), node("Sub", ["x", "m"], ["y"])],
        {"x": floats(3, length)},
        a=LAST,
    )
    x = floats(5, 3, length)
    for sample, first in enumerate((np.inf, -np.inf, np.nan, 3e37, -1e29)):
        x[sample, 1, 0] = first
    prove(Case("odd", tested.model, {"x": x}), tmp_path, lunes[target])
