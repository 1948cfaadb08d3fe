"""Tiny networks: straight lines in the interpreter, three samples at once by predictBatch on both targets."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from onnx2luau import UsageError
from onnx2luau import compile as compile_model
from onnx2luau.backends.luau.options import WEIGHTS, Options
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.proof.oracle import Oracle
from onnx2luau.source import Source
from tests.cases import Array, Case, floats, luau_text, make_model, prove
from tests.networks import ACTIVATIONS

SCRIPT = Path(__file__).parent / "luau" / "batch.luau"
BRAIN = (12, 32, 32, 6)


def network(
    widths: Sequence[int],
    activation: str = "Relu",
    last: str = "Identity",
    *,
    first: str = "",
    bias: bool = True,
) -> onnx.ModelProto:
    """Return dense layers called fc1, fc2 and so on, with an activation between them, and one before and behind."""
    constants: dict[str, Array] = {}
    nodes = []
    source = "x"
    if first:
        nodes.append(helper.make_node(first, ["x"], ["x0"], **ACTIVATIONS[first]))
        source = "x0"
    for number, (inputs, outputs) in enumerate(pairwise(widths), 1):
        constants[f"w{number}"] = floats(outputs, inputs, seed=number) / np.float32(inputs**0.5)
        names = [source, f"w{number}"]
        if bias:
            constants[f"b{number}"] = floats(outputs, seed=10 + number) / 4
            names.append(f"b{number}")
        is_last = number == len(widths) - 1
        own = last if is_last else activation
        result = "y" if is_last else f"a{number}"
        nodes.append(helper.make_node("Gemm", names, [f"h{number}"], transB=1, name=f"fc{number}"))
        nodes.append(helper.make_node(own, [f"h{number}"], [result], **ACTIVATIONS.get(own, {})))
        source = result
    return make_model(nodes, {"x": floats(1, widths[0])}, ["y"], constants)


def residual() -> onnx.ModelProto:
    """Return two layers whose input is added to their result."""
    model = network((6, 9, 6))
    nodes = [*model.graph.node][:-1]
    nodes.append(helper.make_node("Add", ["h2", "x"], ["y"]))
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    return make_model(nodes, {"x": floats(1, 6)}, ["y"], weights)


def interleaved() -> onnx.ModelProto:
    """Return two layers with another branch computed between them."""
    weights = {"w1": floats(7, 5, seed=1), "w2": floats(4, 7, seed=2), "w3": floats(5, 4, seed=3)}
    nodes = [
        helper.make_node("Gemm", ["x", "w1"], ["h1"], transB=1, name="fc1"),
        helper.make_node("Sin", ["x"], ["s"]),
        helper.make_node("Relu", ["h1"], ["a1"]),
        helper.make_node("Gemm", ["a1", "w2"], ["h2"], transB=1, name="fc2"),
        helper.make_node("MatMul", ["s", "w3"], ["t"], name="fc3"),
        helper.make_node("Softmax", ["t"], ["u"]),
        helper.make_node("Add", ["h2", "u"], ["y"]),
    ]
    return make_model(nodes, {"x": floats(1, 5)}, ["y"], weights)


def samples(count: int, size: int) -> Array:
    """Return samples half of whose numbers are zero, but for the last two: not a number, and infinite."""
    x = floats(count, 1, size) * (floats(count, 1, size, seed=3) > 0)
    x[-2, 0, 0] = np.nan
    x[-1, 0, -1] = np.inf
    return x.astype(np.float32)


NETWORKS = {
    "brain": network(BRAIN),
    "no biases": network(BRAIN, bias=False),
    "two layers": network((3, 4, 2), "Tanh", "Softmax"),
    "one wide": network((1, 1, 1)),
    "widest": network((32, 32, 32, 32, 32), "Relu", "Sigmoid"),
    "an activation before": network((5, 7, 3), first="LeakyRelu"),
    **{f"{name} between": network((4, 8, 5), name) for name in sorted(ACTIVATIONS) if "oft" not in name},
    "residual": residual(),
    "interleaved": interleaved(),
    "many outputs of a function": network((2, 32, 5), "Mish"),
    "many locals": network((32, 32, 32, 32, 15), "Gelu", "Tanh"),
    "tiny then a table": network((4, 8, 5), "Relu", "LogSoftmax"),
    "tiny then wide": network((6, 9, 8, 90)),
    "wide then tiny": network((6, 90, 9, 8, 2)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_agrees_with_onnx_runtime(name: str, lunes: dict[str, Lune], tmp_path: Path) -> None:
    model = NETWORKS[name]
    size = model.graph.input[0].type.tensor_type.shape.dim[1].dim_value
    for target, lune in lunes.items():
        prove(Case(name, model, {"x": samples(7, size)}), tmp_path / target, lune)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("count", [3, 8])
def test_batches(name: str, count: int, lunes: dict[str, Lune], tmp_path: Path) -> None:
    model = NETWORKS[name]
    size = model.graph.input[0].type.tensor_type.shape.dim[1].dim_value
    x = samples(count, size)
    oracle = Oracle(Source(model, name, "", ""))
    expected = np.stack([oracle.run({"x": sample})["y"].ravel() for sample in x])
    for target, lune in lunes.items():
        compile_model(model, tmp_path / target, target=target, verify=False)
        x.astype("<f8").tofile(tmp_path / "x.bin")
        answer = lune.call(
            SCRIPT,
            {
                "model": lune.require_path(tmp_path / target / "Model.luau", SCRIPT.parent),
                "samples": str(tmp_path / "x.bin"),
                "count": count,
                "together": str(tmp_path / "together.bin"),
                "alone": str(tmp_path / "alone.bin"),
            },
        )
        for how in ("together", "alone"):
            got = np.fromfile(tmp_path / f"{how}.bin", "<f8").reshape(expected.shape)
            np.testing.assert_allclose(got, expected, 1e-4, 1e-5, equal_nan=True, err_msg=f"{target} {how}")
        assert answer["count"] == count
        assert ("sample 3: " in answer["problem"]) == (size > 1), answer["problem"]


@pytest.mark.parametrize("weights", WEIGHTS)
def test_weight_formats(weights: str, lunes: dict[str, Lune], tmp_path: Path) -> None:
    for target, lune in lunes.items():
        x = samples(6, BRAIN[0])[:-2]
        prove(Case("brain", NETWORKS["brain"], {"x": x}), tmp_path / target, lune, Options(target, weights))


def schedules(folder: Path, **options: object) -> list[str]:
    """Return the layers of a build of the brain with their schedules."""
    build = compile_model(NETWORKS["brain"], folder, **options)
    return [f"{layer['layer']}: {layer['schedule']}" for layer in build.manifest.layers]


def test_one_kernel_and_no_tables(tmp_path: Path) -> None:
    assert schedules(tmp_path / "brain") == ["fc1, fc2, fc3: lines"]
    text = luau_text(tmp_path / "brain")
    assert "-- fc1, fc2, fc3: [1, 12] -> [1, 6], dense 12-32-32-6" in text
    assert "-- 1,600 multiply-adds, 1,670 parameters, schedule lines" in text
    assert "packing" not in text
    assert not list((tmp_path / "brain").glob("weights/*"))


def test_users_can_take_it_apart(tmp_path: Path) -> None:
    apart = schedules(tmp_path / "apart", schedules={"fc3": "apart"})
    assert [entry.partition(":")[0] for entry in apart] == ["fc1", "fc2", "fc3"]
    chosen = schedules(tmp_path / "chosen", schedules={"fc2": "registers", "fc1": "lines"})
    assert chosen[:2] == ["fc1: lines", "fc2: registers"]
    assert schedules(tmp_path / "lines", schedules={"fc2": "lines"}) == ["fc1, fc2, fc3: lines"]
    assert len(schedules(tmp_path / "whole", schedules={"fc1, fc2, fc3": "apart"})) == 3
    for name in ("fc2", "fc1, fc2, fc3"):
        with pytest.raises(UsageError, match="has no schedule 'circles'"):
            schedules(tmp_path / "circles", schedules={name: "circles"})


def test_batches_are_part_of_the_proof(tmp_path: Path) -> None:
    """What only predictBatch runs is run when a build is verified."""
    build = compile_model(NETWORKS["brain"], tmp_path / "brain")
    assert build.verify(floats(4, 1, 12)).agrees
    path = tmp_path / "brain" / "layers" / "samples.luau"
    text = path.read_text()
    place = text.index("a += v * ") + len("a += v * ")
    path.write_text(f"{text[:place]}1 + v * {text[place:]}")
    assert not build.verify(floats(4, 1, 12)).agrees


def test_native_code_goes_layer_by_layer(tmp_path: Path) -> None:
    server = schedules(tmp_path / "server", target="server")
    assert len(server) == 3
    assert "lines" not in "".join(server)
    assert 'batch = batch.three(require("./layers/samples")())' in luau_text(tmp_path / "server")
    text = (tmp_path / "server" / "layers" / "samples.luau").read_text()
    assert "steps = 3,\n" in text
    assert "isWhole = true,\n" in text
