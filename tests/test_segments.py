"""What is joined is computed in place where it can be, and what is added to it where it is stored."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import NodeProto, helper

from onnx2luau.backends.luau.options import TARGETS, Options
from onnx2luau.backends.luau.program import Program, Segment
from onnx2luau.backends.luau.schedules import schedules
from onnx2luau.backends.luau.scheduling import schedule
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from tests.cases import Array, Case, floats, make_model, prove, prove_luau, prove_reference
from tests.command_line import onnx2luau

node = helper.make_node
PICTURE = floats(1, 2, 5, 5)
WEIGHTS = {
    "v": floats(3, 2, 3, 3, seed=1),
    "w": floats(2, 2, 1, 1, seed=2),
    "same": floats(2, 2, 3, 3, seed=3),
    "slim": floats(2, 1, 3, 3, seed=4),
    "dense": floats(50, 4, seed=5),
    "wide": floats(25, 7, seed=6),
    "flat": np.array([1, 50]),
    "scale": floats(5, seed=7),
    "half": np.float32(0.5),
}


def case(name: str, nodes: list[NodeProto], x: Array = PICTURE, outputs: tuple[str, ...] = ("y",)) -> Case:
    read = {each for node in nodes for each in node.input}
    constants = {key: array for key, array in WEIGHTS.items() if key in read}
    return Case(name, make_model(nodes, {"x": x}, list(outputs), constants), {"x": np.stack([x, -x, x * 0])})


def program(tested: Case, target: str) -> Program:
    return schedule(run_pipeline(import_model(tested.model, tested.name)), Options(target))


CONV = node("Conv", ["x", "v"], ["a"], "first", pads=[1, 1, 1, 1])
SAME = node("Conv", ["x", "same"], ["s"], "same", pads=[1, 1, 1, 1])
SLIM = node("Conv", ["x", "slim"], ["d"], "slim", pads=[1, 1, 1, 1], group=2)
JOINED = {
    "two convolutions, one with a ReLU": (
        [
            CONV,
            node("Conv", ["x", "w"], ["b"]),
            node("Relu", ["b"], ["r"]),
            node("Concat", ["a", "r"], ["y"], axis=1),
        ],
        2,
    ),
    "an activation in a loop of its own": (
        [CONV, node("Gelu", ["a"], ["g"]), SAME, node("Concat", ["g", "s", "x"], ["y"], axis=1)],
        2,
    ),
    "depthwise, a pool and arithmetic": (
        [
            SLIM,
            node("MaxPool", ["x"], ["p"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
            node("Tanh", ["x"], ["t"]),
            node("Concat", ["x", "d", "p", "t"], ["y"], axis=1),
        ],
        3,
    ),
    "joined again": (
        [
            CONV,
            SAME,
            node("Concat", ["a", "s"], ["c"], axis=1),
            node("Exp", ["x"], ["e"]),
            node("Concat", ["e", "c"], ["j"], axis=1),
            node("Mul", ["j", "half"], ["y"]),
        ],
        4,
    ),
    "a part that others read": (
        [
            CONV,
            node("Concat", ["x", "a"], ["c"], axis=1),
            node("ReduceMax", ["a"], ["m"], keepdims=1),
            node("Sub", ["c", "m"], ["y"]),
        ],
        1,
    ),
    "reshaped before": (
        [
            SAME,
            node("Reshape", ["s", "flat"], ["f"]),
            node("MatMul", ["f", "dense"], ["h"]),
            node("Tanh", ["h"], ["t"]),
            node("Sigmoid", ["s"], ["g"]),
            node("Reshape", ["g", "flat"], ["i"]),
            node("Concat", ["t", "i"], ["y"], axis=1),
        ],
        2,
    ),
    "what is a part already, twice": (
        [CONV, node("Concat", ["a", "x", "a"], ["c"], axis=1), node("Concat", ["c", "x"], ["y"], axis=1)],
        1,
    ),
    "a softmax": (
        [SAME, node("Softmax", ["s"], ["p"], axis=1), node("Concat", ["x", "p"], ["y"], axis=1)],
        1,
    ),
    "rows of a normalisation": (
        [
            node("LayerNormalization", ["x", "scale"], ["n"], axis=-1),
            node("Concat", ["n", "x"], ["y"], axis=1),
        ],
        1,
    ),
    "a layer in a loop of tokens": (
        [
            node("Flatten", ["x"], ["f"], axis=2),
            node("MatMul", ["f", "wide"], ["h"]),
            node("Relu", ["h"], ["r"]),
            node("Neg", ["h"], ["n"]),
            node("Concat", ["n", "r"], ["y"], axis=0),
        ],
        1,
    ),
}
NOT_JOINED = {
    "a part that is an output": ([CONV, node("Concat", ["x", "a"], ["y"], axis=1)], ("y", "a")),
    "along an inner axis": ([SAME, node("Concat", ["x", "s"], ["y"], axis=2)], ("y",)),
    "only what was there": ([node("Concat", ["x", "x"], ["y"], axis=1)], ("y",)),
}
ADDED = {
    "to a convolution": [SAME, node("Add", ["s", "x"], ["a"]), node("Relu", ["a"], ["y"])],
    "to each channel": [SLIM, node("Sub", ["x", "d"], ["y"])],
    "more than one": [
        SAME,
        node("Exp", ["x"], ["e"]),
        node("Sum", ["s", "x", "e"], ["t"]),
        node("Tanh", ["t"], ["y"]),
    ],
    "and joined": [SAME, node("Mul", ["s", "x"], ["m"]), node("Concat", ["x", "m"], ["y"], axis=1)],
    "to a product": [
        node("MatMul", ["x", "x"], ["m"]),
        node("Add", ["m", "x"], ["a"]),
        node("Softplus", ["a"], ["y"]),
    ],
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", JOINED)
def test_joined(name: str, target: str, tmp_path: Path, lunes: dict[str, Lune]) -> None:
    nodes, count = JOINED[name]
    tested = case(name, nodes)
    layouts = program(tested, target).layouts
    assert sum(isinstance(layout, Segment) for layout in layouts.values()) >= count
    prove(tested, tmp_path, lunes[target])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NOT_JOINED)
def test_not_joined(name: str, target: str, tmp_path: Path, lunes: dict[str, Lune]) -> None:
    nodes, outputs = NOT_JOINED[name]
    tested = case(name, nodes, outputs=outputs)
    assert not any(isinstance(layout, Segment) for layout in program(tested, target).layouts.values())
    prove(tested, tmp_path, lunes[target])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ADDED)
def test_added(name: str, target: str, tmp_path: Path, lunes: dict[str, Lune]) -> None:
    tested = case(name, ADDED[name])
    assert "residual" in {kernel.schedule for kernel in program(tested, target).kernels}
    prove(tested, tmp_path, lunes[target])


def test_layers_are_compared_in_place(tmp_path: Path) -> None:
    """What `verify --layers` shows of a part is the part."""
    nodes, _ = JOINED["joined again"]
    model = tmp_path / "joined.onnx"
    onnx.save(case("joined", nodes).model, model)
    assert onnx2luau("compile", model, "-o", tmp_path / "build").status == 0
    compared = onnx2luau("verify", model, tmp_path / "build", "--layers", "--json")
    outcome = json.loads(compared.output)
    assert [each["layer"] for each in outcome["layers"]][:2] == ["first", "same"]
    assert outcome["first"] is None, outcome


WISHES = {
    **{schedule: ("MatMul", floats(5, 7, seed=6)) for schedule in schedules("dense")},
    **{schedule: ("Conv", floats(2, 1, 2, 2, seed=4)) for schedule in schedules("conv")},
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("wish", WISHES)
def test_every_schedule(wish: str, target: str, tmp_path: Path, lunes: dict[str, Lune]) -> None:
    """Whoever is asked for by name computes its part of a joined table, and is right there."""
    operator, weight = WISHES[wish]
    x = floats(1, 5) if operator == "MatMul" else PICTURE
    attributes = {"group": 2, "pads": [0, 0, 1, 1]} if operator == "Conv" else {}
    nodes = [
        node("Neg", ["x"], ["n"]),
        node(operator, ["x", "w"], ["a"], "layer", **attributes),
        node("Relu", ["a"], ["r"]),
        node("Concat", ["n", "r"], ["y"], axis=1),
    ]
    tested = Case(wish, make_model(nodes, {"x": x}, ["y"], {"w": weight}), {"x": np.stack([x, -x, x * 0])})
    options = Options(target, schedules={"layer": wish})
    graph, expected = prove_reference(tested)
    found = schedule(graph, options)
    assert wish in {kernel.schedule for kernel in found.kernels}
    assert sum(isinstance(layout, Segment) for layout in found.layouts.values()) == 2
    prove_luau(graph, tested.samples, expected, tmp_path, lunes[target], options)


@pytest.mark.parametrize("target", TARGETS)
def test_three_samples_at_once(target: str, tmp_path: Path, lunes: dict[str, Lune]) -> None:
    """Layers at the beginning hand on a table of their own, so none of them ends in a joined tensor."""
    nodes = [
        node("Gemm", ["x", "v"], ["h"]),
        node("Relu", ["h"], ["r"]),
        node("Gemm", ["r", "w"], ["a"]),
        node("Tanh", ["a"], ["t"]),
        node("Concat", ["t", "a"], ["y"], axis=1),
    ]
    x, constants = floats(7, 1, 8), {"v": floats(8, 8), "w": floats(8, 4, seed=2)}
    prove(Case("batch", make_model(nodes, {"x": x[0]}, ["y"], constants), {"x": x}), tmp_path, lunes[target])
