"""Every schedule of convolutions on shapes that it finds hard, on both targets, against ONNX Runtime."""

from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper

from onnx2luau.backends.luau.options import ENCODINGS, WEIGHTS, Options
from onnx2luau.backends.luau.schedules import schedules
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from onnx2luau.proof.oracle import Oracle
from onnx2luau.source import Source
from tests.cases import (
    Array,
    Case,
    case,
    floats,
    luau_text,
    make_model,
    oracle_outputs,
    prove,
    prove_luau,
)
from tests.one_layer import ways

LAYER = "the Conv"


def conv(
    name: str,
    shape: tuple[int, ...],
    outputs: int,
    kernel: tuple[int, ...],
    *,
    groups: int = 1,
    scale: float = 1.0,
    **attributes: Any,
) -> Case:
    """Return a convolution of a tensor [batch, channels, *spatial], a third of which is zero."""
    x = floats(*shape) * (floats(*shape, seed=3) > -0.4)
    weight = floats(outputs, shape[1] // groups, *kernel, seed=1, scale=scale)
    bias = floats(outputs, seed=2)
    return case("Conv", x, weight, bias, constant=(1, 2), group=groups, name=name, **attributes)


DENSE = [
    conv("5 to 7 channels, 3x3", (1, 5, 7, 9), 7, (3, 3), pads=[1, 1, 1, 1]),
    conv("one output", (1, 2, 5, 4), 1, (3, 2)),
    conv("batch 2, uneven pads", (2, 2, 5, 6), 4, (3, 3), pads=[0, 2, 1, 0]),
    conv(
        "stride and dilation", (1, 2, 11, 40), 5, (3, 2), strides=[2, 2], dilations=[2, 3], pads=[2, 1, 1, 2]
    ),
    conv("blocks of outputs", (1, 2, 4, 21), 130, (1, 5), pads=[0, 2, 0, 2]),
    conv("blocks and groups", (1, 6, 3, 18), 200, (3, 3), groups=2, pads=[1, 1, 1, 1]),
    conv("1x1", (2, 7, 3, 11), 10, (1, 1)),
    conv("1x1, three axes", (1, 4, 3, 2, 5), 4, (1, 1, 1)),
    conv("1x1 with a stride", (1, 3, 5, 7), 4, (1, 1), strides=[2, 3]),
    conv("two pixels", (1, 4, 1, 2), 165, (1, 1)),
    conv("two pixels of one channel", (1, 1, 1, 2), 165, (1, 1)),
    conv("one row", (1, 2, 1, 8), 48, (1, 3), pads=[0, 1, 0, 1]),
    conv("a long kernel", (1, 2, 1, 90), 2, (1, 70)),
    conv("one axis", (1, 3, 23), 5, (4,), pads=[1, 2], strides=[2]),
    conv("one axis, 512 taps", (1, 2, 600), 4, (512,), pads=[40, 41], scale=0.03),
    conv("one axis, a prime number of taps", (1, 1, 450), 2, (211,), dilations=[2], strides=[2], scale=0.05),
    conv("one axis, 512 taps to many", (2, 1, 520), 40, (512,), pads=[3, 0], scale=0.03),
    conv("long rows", (1, 2, 4, 300), 3, (2, 258), pads=[1, 20, 0, 20], scale=0.03),
    conv("long rows in groups", (1, 4, 3, 200), 6, (3, 180), groups=2, scale=0.03),
    conv("wider than the input", (1, 2, 2, 2), 3, (3, 3), pads=[4, 4, 4, 4]),
]
DEPTHWISE = [
    conv("3x3", (1, 5, 7, 19), 5, (3, 3), groups=5, pads=[1, 1, 1, 1]),
    conv("stride 2", (2, 2, 9, 34), 2, (3, 3), groups=2, strides=[2, 2], pads=[1, 1, 0, 1]),
    conv("5x5, two outputs a channel", (1, 3, 8, 6), 6, (5, 5), groups=3, pads=[2, 2, 2, 2]),
    conv("5x5, stride 2", (1, 2, 12, 30), 2, (5, 5), groups=2, strides=[2, 2], pads=[2, 2, 2, 2]),
    conv("two rows", (1, 2, 4, 5), 2, (3, 2), groups=2),
    conv("one axis", (1, 4, 9), 4, (3,), groups=4, pads=[1, 1]),
    conv("dilation", (1, 2, 9, 8), 2, (2, 3), groups=2, dilations=[3, 2], pads=[1, 2, 1, 2]),
]


def nonfinite(tested: Case) -> Case:
    """Return the same with an infinite and an undefined input, far from each other."""
    x = tested.samples["in0"].copy()
    x.reshape(-1)[[3, -2]] = np.inf, np.nan
    return Case(f"{tested.name} not finite", tested.model, {"in0": x})


# The cases of schedules that are not for all.
OWN = {
    "taps": [*DENSE, *DEPTHWISE[:2], nonfinite(DENSE[0]), nonfinite(DENSE[3])],
    "depthwise": [*DEPTHWISE, *map(nonfinite, DEPTHWISE)],
}
CASES = {name: OWN.get(name, [*DENSE, *DEPTHWISE]) for name in sorted(schedules("conv"))}


def activated(activation: str, *, depthwise: bool) -> Case:
    """Return a convolution with an activation of one expression, or of several."""
    x, groups = floats(1, 3, 6, 8), 3 if depthwise else 1
    constants: dict[str, Array] = {"w": floats(3, 3 // groups, 3, 3, seed=1), "b": floats(3, seed=2)}
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], name=LAYER, group=groups),
        helper.make_node(activation, ["c"], ["y"], name="activation"),
    ]
    return Case(activation, make_model(nodes, {"x": x}, ["y"], constants), {"x": x[None]})


def test_no_case_is_left_over() -> None:
    assert OWN.keys() <= CASES.keys()


@pytest.mark.parametrize(
    ("schedule", "tested"),
    [
        pytest.param(schedule, tested, id=f"{schedule} {tested.name}")
        for schedule, cases in CASES.items()
        for tested in cases
    ],
)
def test_agrees_with_onnx_runtime(
    schedule: str, tested: Case, lunes: dict[str, Lune], tmp_path: Path
) -> None:
    for target, lune in lunes.items():
        prove(tested, tmp_path / target, lune, Options(target, schedules={LAYER: schedule}))


@pytest.mark.parametrize("activation", ["Relu", "Mish", "HardSwish", "Sigmoid"])
@pytest.mark.parametrize("schedule", ["taps", "depthwise"])
def test_activations(schedule: str, activation: str, lunes: dict[str, Lune], tmp_path: Path) -> None:
    tested = activated(activation, depthwise=schedule == "depthwise")
    for target, lune in lunes.items():
        options = Options(target, weights="f16", schedules={LAYER: schedule})
        prove(tested, tmp_path / target, lune, options)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize(
    ("schedule", "tested"),
    [(schedule, tested) for schedule, cases in CASES.items() for tested in cases[:3]],
    ids=lambda each: each if isinstance(each, str) else each.name,
)
def test_formats(
    schedule: str, tested: Case, weights: str, encoding: str, client: Lune, tmp_path: Path
) -> None:
    prove(tested, tmp_path, client, Options("client", weights, encoding, {LAYER: schedule}))
    assert re.search(rf'weights\.\w+\("{weights}"', luau_text(tmp_path))


@pytest.mark.parametrize("schedule", CASES)
def test_infinite_weights_are_refused_or_right(schedule: str, client: Lune, tmp_path: Path) -> None:
    """A skipped zero would hide the NaN that an infinite weight makes of it."""
    weight = floats(2, 1, 3, 3)
    weight[1, 0, 1, 1] = np.inf
    tested = case("Conv", np.zeros((1, 2, 5, 5), np.float32), weight, constant=(1,), group=2)
    graph = run_pipeline(import_model(tested.model, "infinite", allow_nonfinite=True))
    expected = oracle_outputs(Oracle(Source(tested.model, "infinite", "", "")), tested.samples)
    assert np.isnan(expected["out0"]).any()
    refusal = pytest.raises(UsageError, match="would not be right")
    with nullcontext() if schedule in ways(graph, LAYER) else refusal:
        options = Options(schedules={LAYER: schedule})
        prove_luau(graph, tested.samples, expected, tmp_path / "own", client, options)
    prove_luau(graph, tested.samples, expected, tmp_path / "chosen", client, Options())
