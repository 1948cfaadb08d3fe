"""What decides something by its last digit is a single, in bodies, before and behind them, and round after round."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from onnx2luau.backends.luau.options import TARGETS
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.ir.text import print_graph
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.compiler.passes.round_to_single import round_to_single
from onnx2luau.frontends.onnx import import_model
from tests.bodies import BOOL, FLOAT, INT64, graph
from tests.cases import Case, make_model, prove

node = helper.make_node
GRID = np.arange(-8, 8, dtype=np.float32)
CONSTANTS = {
    "tenth": np.float32(0.1),
    "ten": np.float32(10),
    "zeros": np.zeros(16, np.float32),
    "rounds": np.array(3),
    "yes": np.array(True),
}
WIDE = [16]


def tenths(read: str, made: str) -> list[onnx.NodeProto]:
    """Return nodes that give back what they read, but for two roundings."""
    return [node("Mul", [read, "tenth"], [f"{made}_"]), node("Mul", [f"{made}_", "ten"], [made])]


def case(name: str, nodes: Sequence[onnx.NodeProto], *outputs: str) -> Case:
    read = {each for one in nodes for each in one.input}
    constants = {key: array for key, array in CONSTANTS.items() if key in read}
    inner = {key for key in ("tenth", "ten") if any(one.attribute for one in nodes)}
    constants |= {key: CONSTANTS[key] for key in inner}
    model = make_model(list(nodes), {"x": GRID}, list(outputs), constants)
    return Case(name, model, {"x": np.stack([GRID, GRID * 3, GRID * 7])})


def scan(states: Sequence[str], nodes: list[onnx.NodeProto], sequence: str = "rows") -> onnx.NodeProto:
    """Return a Scan over `sequence` of a body that makes `h2` and a slice `o` of `h` and `s`."""
    taken = [("h", FLOAT, WIDE), ("s", FLOAT, WIDE)]
    body = graph("body", nodes, taken, [("h2", FLOAT, WIDE), ("o", FLOAT, WIDE)])
    return node("Scan", [*states, sequence], ["last", "all"], "scan", body=body, num_scan_inputs=1)


def loop(first: str, nodes: list[onnx.NodeProto]) -> onnx.NodeProto:
    """Return a Loop of three rounds of a body that makes `h2` and a slice `o` of `h`."""
    taken = [("round", INT64, []), ("goes", BOOL, []), ("h", FLOAT, WIDE)]
    made = [("on", BOOL, []), ("h2", FLOAT, WIDE), ("o", FLOAT, WIDE)]
    body = graph("body", [node("Identity", ["goes"], ["on"]), *nodes], taken, made)
    return node("Loop", ["rounds", "yes", first], ["last", "all"], "loop", body=body)


ROWS = [node("Concat", ["x", "x"], ["both"], axis=0), node("Reshape", ["both", "shape"], ["rows"])]
KEPT = node("Identity", ["h"], ["o"])
FLOORS = [node("Floor", ["last"], ["f"]), node("Floor", ["all"], ["g"])]
CONSTANTS["shape"] = np.array([2, 16])
BRANCHES = {
    f"{side}_branch": graph(side, tenths(read, "t"), [], [("t", FLOAT, WIDE)])
    for side, read in (("then", "x"), ("else", "y"))
}
CASES = [
    case(
        "captured",
        [
            *tenths("x", "y"),
            *ROWS,
            scan(["zeros"], [node("Add", ["h", "y"], ["t"]), node("Floor", ["t"], ["h2"]), KEPT]),
        ],
        "last",
        "all",
    ),
    case(
        "a sequence",
        [
            *ROWS,
            *tenths("rows", "y"),
            scan(["zeros"], [node("Floor", ["s"], ["f"]), node("Add", ["f", "h"], ["h2"]), KEPT], "y"),
        ],
        "last",
        "all",
    ),
    case(
        "a state, in the rounds to come",
        [*ROWS, *tenths("x", "y"), scan(["y"], [*tenths("h", "h2"), node("Floor", ["h"], ["o"])])],
        "all",
    ),
    case(
        "results, outside",
        [*ROWS, scan(["x"], [*tenths("s", "t"), node("Sub", ["t", "h"], ["h2"]), KEPT]), *FLOORS],
        "f",
        "g",
    ),
    case(
        "what a loop carries",
        [*tenths("x", "y"), loop("y", [*tenths("h", "h2"), node("Ceil", ["h"], ["o"])])],
        "all",
    ),
    case("results of a loop, outside", [loop("x", [*tenths("h", "h2"), KEPT]), *FLOORS], "f", "g"),
    case(
        "a choice",
        [
            *tenths("x", "y"),
            node("ReduceMax", ["x"], ["m"], keepdims=0),
            node("Less", ["m", "ten"], ["small"]),
            node("If", ["small"], ["last"], "if", **BRANCHES),
            node("Floor", ["last"], ["f"]),
        ],
        "f",
    ),
]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("tested", CASES, ids=lambda tested: tested.name)
def test_decisive(tested: Case, target: str, tmp_path: Path, lunes: dict[str, Lune]) -> None:
    prove(tested, tmp_path, lunes[target])


@pytest.mark.parametrize("tested", CASES, ids=lambda tested: tested.name)
def test_rounded_once(tested: Case) -> None:
    """A second run finds nothing to do."""
    optimised = run_pipeline(import_model(tested.model, tested.name))
    assert print_graph(round_to_single(optimised)) == print_graph(optimised)
    assert "to_f32(to_f32" not in print_graph(optimised)


def test_nothing_is_rounded_where_nothing_decides() -> None:
    tested = case(
        "smooth", [*ROWS, scan(["x"], [*tenths("s", "t"), node("Sub", ["t", "h"], ["h2"]), KEPT])], "last"
    )
    assert "to_f32" not in print_graph(run_pipeline(import_model(tested.model, tested.name)))
