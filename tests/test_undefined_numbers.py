"""NaN and infinities wherever a maximum is taken: at every place, in every schedule, on both targets.

ONNX Runtime passes a NaN on or drops it as its vector instructions have it, by place, rank and length. The
definition decides here: the maximum of numbers one of which is NaN is NaN. numpy keeps to it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.luau.schedules import schedules
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.agreement import compare
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from onnx2luau.proof.verify import reference_outputs
from tests.cases import Array, floats, make_model, prove_luau

ODD = (np.nan, np.inf, -np.inf)
LEAST = np.finfo(np.float32).min


def everywhere(x: Array) -> Array:
    """Return samples [count, *shape]: an odd number at every place, two of them side by side, and -inf alone."""
    samples = []
    for place, odd in itertools.product(range(x.size), ODD):
        sample = x.copy()
        sample.flat[place] = odd
        samples.append(sample)
        if place:
            pair = sample.copy()
            pair.flat[place - 1] = -np.inf if odd == np.inf else np.inf
            samples.append(pair)
    return np.stack([*samples, np.full_like(x, -np.inf), np.full_like(x, np.nan), x])


def prove_definition(
    model: onnx.ModelProto,
    samples: Array,
    expected: Array,
    lunes: dict[str, Lune],
    folder: Path,
    chosen: dict[str, str] | None = None,
) -> None:
    """Assert that the reference and the Luau give what is expected of each sample."""
    graph = run_pipeline(import_model(model, "odd numbers", allow_nonfinite=True))
    right = {"y": np.asarray(expected)}
    agreement = compare(reference_outputs(graph, {"x": samples}), right)
    assert agreement.agrees, f"numpy: {agreement.difference}"
    for target, lune in lunes.items():
        options = Options(target, schedules=chosen or {})
        prove_luau(graph, {"x": samples}, right, folder / target, lune, options)


def pooled(x: Array, kernel: int, step: int = 1, pad: int = 0, dilation: int = 1) -> Array:
    """Return the maximum of each window of one channel [1, 1, *spatial], window by window."""
    spatial = x.shape[2:]
    windows = [(extent + 2 * pad - dilation * (kernel - 1) - 1) // step + 1 for extent in spatial]
    result = np.empty((1, 1, *windows), x.dtype)
    for window in np.ndindex(*windows):
        met = []
        for tap in np.ndindex(*[kernel] * len(spatial)):
            place = tuple(w * step + t * dilation - pad for w, t in zip(window, tap, strict=True))
            if all(0 <= p < extent for p, extent in zip(place, spatial, strict=True)):
                met.append(float(x[(0, 0, *place)]))
        result[(0, 0, *window)] = math.nan if any(map(math.isnan, met)) else max(met, default=LEAST)
    return result


POOLS: list[tuple[tuple[int, ...], dict[str, int]]] = [
    ((4, 4), {"kernel": 2, "step": 2}),
    ((4, 5), {"kernel": 3}),
    ((4, 5), {"kernel": 3, "pad": 1}),
    ((5, 5), {"kernel": 2, "dilation": 3}),
    ((6, 6), {"kernel": 5}),
    ((3, 4), {"kernel": 2, "pad": 1, "dilation": 2}),
    ((1, 3), {"kernel": 2, "pad": 1, "dilation": 2}),
    ((1, 1), {"kernel": 3, "pad": 1}),
    ((4,), {"kernel": 1, "step": 2}),
    ((9,), {"kernel": 4}),
    ((9,), {"kernel": 4, "pad": 2}),
    ((20,), {"kernel": 17}),
    ((2, 3, 3), {"kernel": 2}),
    ((2, 3, 3), {"kernel": 2, "pad": 1}),
]


@pytest.mark.parametrize(("shape", "window"), POOLS, ids=str)
def test_max_pool(
    shape: tuple[int, ...], window: dict[str, int], lunes: dict[str, Lune], tmp_path: Path
) -> None:
    rank = len(shape)
    node = helper.make_node(
        "MaxPool",
        ["x"],
        ["y"],
        kernel_shape=[window["kernel"]] * rank,
        strides=[window.get("step", 1)] * rank,
        pads=[window.get("pad", 0)] * 2 * rank,
        dilations=[window.get("dilation", 1)] * rank,
    )
    x = floats(1, 1, *shape)
    samples = everywhere(x)
    expected = np.stack([pooled(sample, **window) for sample in samples])
    prove_definition(make_model([node], {"x": x}, ["y"]), samples, expected, lunes, tmp_path)


def softmax(x: Array) -> Array:
    """Return softmax along the last axis."""
    powers = np.exp(x.astype(np.float64) - x.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True))


LINES: dict[str, tuple[str, dict[str, Any], Callable[[Array], Array]]] = {
    "ReduceMax": ("ReduceMax", {"keepdims": 0}, lambda x: np.asarray(x.max())),
    "ReduceMin": ("ReduceMin", {"keepdims": 0}, lambda x: np.asarray(x.min())),
    "GlobalMaxPool": ("GlobalMaxPool", {}, lambda x: x.max(-1, keepdims=True)),
    "Softmax": ("Softmax", {"axis": -1}, softmax),
    "LogSoftmax": ("LogSoftmax", {"axis": -1}, lambda x: np.log(softmax(x))),
    "Relu": ("Relu", {}, lambda x: np.maximum(x, 0)),
    "LeakyRelu": ("LeakyRelu", {"alpha": 0.5}, lambda x: np.where(x < 0, x * 0.5, x)),
}


@pytest.mark.parametrize("extent", [1, 2, 3, 16, 17])
@pytest.mark.parametrize("operator", LINES)
def test_lines(operator: str, extent: int, lunes: dict[str, Lune], tmp_path: Path) -> None:
    name, attributes, definition = LINES[operator]
    x = floats(1, 1, extent)
    samples = everywhere(x)
    with np.errstate(all="ignore"):
        expected = np.stack([definition(sample) for sample in samples])
    model = make_model([helper.make_node(name, ["x"], ["y"], **attributes)], {"x": x}, ["y"])
    prove_definition(model, samples, expected, lunes, tmp_path)


PAIRS = {"Max": np.maximum, "Min": np.minimum}


@pytest.mark.parametrize("other", [1.0, 0.0, np.inf, -np.inf])
@pytest.mark.parametrize("operator", PAIRS)
def test_pairs(operator: str, other: float, lunes: dict[str, Lune], tmp_path: Path) -> None:
    """Of an input and its reverse, and of a known number."""
    x = floats(6)
    index = np.arange(6)[::-1].copy()
    nodes = [
        helper.make_node("Slice", ["x", "last", "first", "axis", "back"], ["turned"]),
        helper.make_node(operator, ["turned", "x"], ["both"]),
        helper.make_node(operator, ["both", "other"], ["y"]),
    ]
    whole = {"last": [-1], "first": [-7], "axis": [0], "back": [-1]}
    constants = {name: np.array(value, np.int64) for name, value in whole.items()}
    constants["other"] = np.array([other], np.float32)
    samples = everywhere(x)
    function = PAIRS[operator]
    expected = function(function(samples[:, index], samples), np.float32(other))
    prove_definition(make_model(nodes, {"x": x}, ["y"], constants), samples, expected, lunes, tmp_path)


@pytest.mark.parametrize("schedule", sorted(schedules("dense")))
def test_dense_layers_with_rectifiers(schedule: str, lunes: dict[str, Lune], tmp_path: Path) -> None:
    """A ReLU between two layers, and one after them."""
    x = floats(1, 5)
    constants = {
        "w": floats(7, 5, seed=1),
        "b": floats(7, seed=2),
        "v": floats(4, 7, seed=3),
        "c": floats(4, seed=4),
    }
    nodes = [
        helper.make_node("Gemm", ["x", "w", "b"], ["h"], name="one", transB=1),
        helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("Gemm", ["r", "v", "c"], ["k"], name="two", transB=1),
        helper.make_node("Relu", ["k"], ["y"]),
    ]
    samples = everywhere(x)
    with np.errstate(all="ignore"):
        hidden = np.maximum(samples @ constants["w"].T + constants["b"], 0)
        expected = np.maximum(hidden @ constants["v"].T + constants["c"], 0)
    model = make_model(nodes, {"x": x}, ["y"], constants)
    prove_definition(model, samples, expected, lunes, tmp_path, {"one": schedule, "two": schedule})


@pytest.mark.parametrize("schedule", sorted(schedules("conv")))
def test_convolution_rectifier_and_pool(schedule: str, lunes: dict[str, Lune], tmp_path: Path) -> None:
    x = floats(1, 1, 4, 5)
    kernel, bias = floats(1, 1, 2, 2, seed=1), 0.25
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], name="one"),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("MaxPool", ["r"], ["y"], kernel_shape=[2, 2]),
    ]
    samples = everywhere(x)
    with np.errstate(all="ignore"):
        terms = [kernel[0, 0, i, j] * samples[..., i : i + 3, j : j + 4] for i in (0, 1) for j in (0, 1)]
        sums = np.maximum(sum(terms) + np.float32(bias), 0)
    expected = np.stack([pooled(each, 2) for each in sums])
    model = make_model(nodes, {"x": x}, ["y"], {"w": kernel, "b": np.array([bias], np.float32)})
    prove_definition(model, samples, expected, lunes, tmp_path, {"one": schedule})
