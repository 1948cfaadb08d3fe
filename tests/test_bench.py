"""The benchmark: every engine is there, and the textbook engine is right before it is timed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from onnx2luau.backends.lune.lune import LuauError, Lune
from onnx2luau.bench.batches import takes_batches
from onnx2luau.bench.contest import check_textbook
from onnx2luau.bench.textbook import NoTextbookError, write_textbook
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from onnx2luau.proof.oracle import Oracle
from onnx2luau.source import Source
from tests.cases import floats, make_model
from tests.command_line import onnx2luau
from tests.networks import Network

ENGINES = [
    "generated, client",
    "generated, server",
    "textbook, client",
    "textbook, server",
    "ONNX Runtime",
    "numpy reference",
]


def dense(activation: str, **attributes: float) -> Network:
    """Return two layers."""
    network = Network((1, 6), 1)
    network.dense(5, True)
    network.add(activation, **attributes)
    network.dense(3, False)
    network.add("Softmax", axis=1)
    return network


def picture(pool: str, extent: int = 2, **attributes: Any) -> Network:
    """Return a convolution with borders, one with a stride, a pool, and Keras's order of flattening."""
    network = Network((1, 2, 8, 8), 2)
    network.add(
        "Conv", network.weight(3, 2, 3, 3, fan=18), network.weight(3, fan=1), shape=(1, 3, 8, 8), pads=[1] * 4
    )
    network.add("Relu")
    network.add("Conv", network.weight(4, 3, 3, 3, fan=27), shape=(1, 4, 3, 3), strides=[2, 2])
    network.add(pool, shape=(1, 4, extent, extent), kernel_shape=[2, 2], strides=[1, 1], **attributes)
    network.add("Transpose", shape=(1, extent, extent, 4), perm=[0, 2, 3, 1])
    network.add("Flatten", shape=(1, 4 * extent * extent))
    network.dense(3, True)
    return network


def uneven() -> Network:
    """Return windows whose axes differ: borders, strides, dilations, groups; and a mean of whole channels."""
    network = Network((1, 5, 7, 4), 3)
    network.add("Transpose", shape=(1, 4, 5, 7), perm=[0, 3, 1, 2])
    network.add(
        "Conv", network.weight(6, 2, 2, 3, fan=12), shape=(1, 6, 6, 3),
        group=2, pads=[2, 1, 0, 0], strides=[1, 2], dilations=[1, 2],
    )  # fmt: skip
    network.add("MaxPool", shape=(1, 6, 6, 2), kernel_shape=[3, 2], strides=[1, 2], pads=[1, 0, 1, 1])
    network.add("Sigmoid")
    network.add("GlobalAveragePool", shape=(1, 6, 1, 1))
    network.add("Flatten", shape=(1, 6))
    network.add("LogSoftmax", axis=1)
    return network


ACTIVATIONS: dict[str, dict[str, float]] = {
    **{name: {} for name in ("Identity", "Relu", "Sigmoid", "Tanh", "Selu", "Softplus", "Softsign")},
    **{name: {} for name in ("HardSigmoid", "HardSwish", "Gelu", "Mish")},
    "LeakyRelu": {"alpha": 0.25},
    "Elu": {"alpha": 0.7},
}
NETWORKS = {
    **{name: dense(name, **attributes) for name, attributes in ACTIVATIONS.items()},
    "max": picture("MaxPool"),
    "mean": picture("AveragePool"),
    "mean with borders": picture("AveragePool", 3, pads=[1, 1, 0, 0], count_include_pad=1),
    "mean within borders": picture("AveragePool", 3, pads=[1, 1, 0, 0]),
    "uneven": uneven(),
}


WRONG_BATCH = """
local right = table.clone(require("./Right"))
right.predictBatch = function(inputs)
	return { right.predict(inputs[2]), right.predict(inputs[1]) }
end
return right
"""


def graph_of(network: Network) -> Graph:
    return run_pipeline(import_model(network.model(), "network"))


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_textbook_is_right(name: str, tmp_path: Path, server: Lune) -> None:
    network = NETWORKS[name]
    graph = graph_of(network)
    samples = {"x": floats(3, *network.input.shape, seed=4)}
    oracle = Oracle(Source(network.model(), name, "", ""))
    check_textbook(write_textbook(graph, tmp_path / "right"), graph, samples, oracle, server)


@pytest.mark.parametrize("wrong", [0.01, np.nan])
def test_a_wrong_textbook_is_not_timed(wrong: float, tmp_path: Path, server: Lune) -> None:
    network = dense("Relu")
    oracle = Oracle(Source(network.model(), "network", "", ""))
    module = write_textbook(graph_of(network), tmp_path / "wrong")
    text = (tmp_path / "wrong" / "textbook.luau").read_text()
    value = "0 / 0" if np.isnan(wrong) else f"value / sum + {wrong}"
    (tmp_path / "wrong" / "textbook.luau").write_text(text.replace("value / sum", value))
    samples = {"x": floats(3, 1, 6)}
    with pytest.raises(NoTextbookError, match="does not agree with ONNX Runtime, so it is not timed"):
        check_textbook(module, graph_of(network), samples, oracle, server)


def with_weight(value: float) -> Network:
    network = dense("Relu")
    network.weights["w0"][0, 0] = value
    return network


def branching() -> Network:
    network = Network((1, 3), 1)
    network.dense(3, True)
    network.add("Add", "x")
    return network


def line() -> Network:
    network = Network((1, 2, 5), 1)
    network.add("Conv", network.weight(3, 2, 3, fan=6), shape=(1, 3, 3))
    return network


UNKNOWN = {
    "no word for the activation": dense("Celu", alpha=0.5),
    "no word for conv": line(),
    "only knows layers one after another": branching(),
    "a number literal can't be infinite or NaN": with_weight(np.inf),
}


@pytest.mark.parametrize("reason", sorted(UNKNOWN))
def test_what_the_textbook_does_not_know_is_said(reason: str, tmp_path: Path) -> None:
    network = UNKNOWN[reason]
    graph = run_pipeline(import_model(network.model(), "network", allow_nonfinite=True))
    with pytest.raises(NoTextbookError, match=reason):
        write_textbook(graph, tmp_path / "never written")
    assert not (tmp_path / "never written").exists()


def test_model(tmp_path: Path) -> None:
    onnx.save(dense("Relu").model(), tmp_path / "net.onnx")
    np.save(tmp_path / "x.npy", floats(5, 6))
    arguments = ("bench", tmp_path / "net.onnx", "--inputs", tmp_path / "x.npy", "--rounds", "2")
    done = onnx2luau(*arguments, "--weights", "f16", "--json")
    assert done.status == 0, done.trouble
    result = json.loads(done.output)
    assert [figures["engine"] for figures in result["figures"]] == ENGINES
    for figures in result["figures"]:
        assert 0 < figures["least"] <= figures["median"] <= figures["most"]
        assert (figures["batch"], figures["together"]) == (1, False)
    assert [each["engine"] for each in result["footprints"]] == ENGINES[:4]
    for each in result["footprints"]:
        assert 0 < each["load"]["least"] <= each["load"]["median"] <= each["load"]["most"]
        assert each["bytes"] > 0
    assert result["figures"][0]["ratio"] == 1
    assert (result["samples"], result["rounds"], result["inputs"]) == (5, 2, "given")
    assert result["remarks"] == []


@pytest.mark.parametrize("is_open", [True, False])
def test_batches(is_open: bool, tmp_path: Path) -> None:
    model = dense("Relu").model()
    if is_open:
        for port in (*model.graph.input, *model.graph.output):
            port.type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.save(model, tmp_path / "net.onnx")
    done = onnx2luau(
        "bench", tmp_path / "net.onnx", "--rounds", "1", "--batch", "1", "--batch", "20", "--json"
    )
    assert done.status == 0, done.trouble
    figures = json.loads(done.output)["figures"]
    assert [each["batch"] for each in figures] == [1] * len(ENGINES) + [20] * len(ENGINES)
    together = {each["engine"] for each in figures if each["together"]}
    assert together == {*ENGINES[:2], *(ENGINES[4:] if is_open else ())}


def test_a_model_of_two_outputs_is_given_batches_one_by_one(tmp_path: Path) -> None:
    network = Network((1, 4), 1)
    network.dense(3, True)
    network.add("Relu")
    model = make_model(network.nodes, {"x": network.input}, ["t1", "t2"], network.weights)
    onnx.save(model, tmp_path / "net.onnx")
    for what in ("net.onnx", "build"):
        done = onnx2luau("bench", tmp_path / what, "--rounds", "1", "--batch", "3", "--json")
        assert done.status == 0, done.trouble
        assert not any(each["together"] for each in json.loads(done.output)["figures"])
        onnx2luau("compile", tmp_path / "net.onnx", "-o", tmp_path / "build", "--no-verify")


def test_a_batch_that_mixes_its_samples_up_is_given_one_by_one() -> None:
    network = dense("Relu")
    model = network.model()
    for port in (*model.graph.input, *model.graph.output):
        port.type.tensor_type.shape.dim[0].dim_param = "batch"
    samples = {"x": floats(3, 1, 6)}
    assert takes_batches(Oracle(Source(model, "network", "", "")), samples)
    fixed = {"x": floats(3, 2, 6)}
    assert not takes_batches(Oracle(Source(model, "network", "", "")), fixed)
    softmax = next(node for node in model.graph.node if node.op_type == "Softmax")
    softmax.attribute[0].i = 0
    assert not takes_batches(Oracle(Source(model, "network", "", "")), samples)


def test_a_wrong_predict_batch_is_not_timed(tmp_path: Path, client: Lune) -> None:
    onnx.save(dense("Relu").model(), tmp_path / "net.onnx")
    assert onnx2luau("compile", tmp_path / "net.onnx", "-o", tmp_path / "build", "--no-verify").status == 0
    module = tmp_path / "build" / "Model.luau"
    (tmp_path / "build" / "Right.luau").write_text(module.read_text())
    module.write_text(WRONG_BATCH)
    (tmp_path / "x.bin").write_bytes(floats(2, 6).astype("<f8").tobytes())
    arguments = {
        "model": client.require_path(module), "inputs": [str(tmp_path / "x.bin")], "samples": 2,
        "first": 0, "count": 2, "seconds": 0, "together": False,
    }  # fmt: skip
    assert client.call("time", arguments)["microseconds"] > 0
    with pytest.raises(LuauError, match=r"where predict gives .* so it is not timed"):
        client.call("time", {**arguments, "together": True})


def test_layers_of_a_model_and_of_its_build(tmp_path: Path) -> None:
    onnx.save(picture("MaxPool").model(), tmp_path / "net.onnx")
    assert onnx2luau("compile", tmp_path / "net.onnx", "-o", tmp_path / "build", "--no-verify").status == 0
    expected = json.loads((tmp_path / "build" / "manifest.json").read_text())["layers"]
    for what in ("net.onnx", "build"):
        done = onnx2luau(
            "bench", tmp_path / what, "--layers", "--rounds", "2", "--target", "client", "--json"
        )
        assert done.status == 0, done.trouble
        layers = json.loads(done.output)["client"]
        fields = ("name", "layer", "schedule", "multiply_adds", "parameters", "bytes")
        assert [[each[field] for field in fields] for each in layers] == [
            [each[field] for field in fields] for each in expected
        ]
        for each in layers:
            assert 0 < each["microseconds"]["least"] <= each["microseconds"]["most"]
    shown = onnx2luau("bench", tmp_path / "build", "--layers", "--rounds", "1")
    assert "net" not in shown.trouble
    assert "build, server: microseconds a prediction" in shown.output


def test_layers_that_do_not_run_by_themselves_are_an_error(tmp_path: Path, client: Lune) -> None:
    (tmp_path / "Model.luau").write_text(
        'return { inputs = {}, steps = { { layer = "lost", run = print } }, trace = function() end }'
    )
    arguments = {
        "model": client.require_path(tmp_path / "Model.luau"),
        "inputs": [],
        "samples": 1,
        "seconds": 0,
    }
    with pytest.raises(LuauError, match="lost was not run as a step of its own"):
        client.call("layers", arguments)


def test_build(tmp_path: Path) -> None:
    onnx.save(dense("Celu", alpha=0.5).model(), tmp_path / "net.onnx")
    whole = onnx2luau("bench", tmp_path / "net.onnx", "--rounds", "1", "--target", "server")
    assert "no textbook lines: the textbook engine has no word for the activation" in whole.output
    assert "client" not in whole.output
    assert onnx2luau("compile", tmp_path / "net.onnx", "-o", tmp_path / "build", "--no-verify").status == 0
    done = onnx2luau("bench", tmp_path / "build", "--rounds", "1")
    assert done.status == 0, done.trouble
    assert "generated, client" in done.output
    assert "without its model" in done.output


def test_bad_input(tmp_path: Path) -> None:
    missing = onnx2luau("bench", tmp_path / "nothing.onnx")
    assert (missing.status, "does not exist" in missing.error) == (2, True)
    both = onnx2luau("bench", tmp_path / "nothing.onnx", "--layers", "--batch", "3")
    assert (both.status, "leave --batch out" in both.error) == (2, True)
    (tmp_path / "manifest.json").write_text("{}")
    chosen = onnx2luau("bench", tmp_path, "--weights", "f16")
    assert (chosen.status, "is a build, whose weights" in chosen.error) == (2, True)


@pytest.mark.parametrize(("weights", "each", "scale"), [("f32", 4, 0), ("f16", 2, 0), ("int8", 1, 4)])
def test_bytes_of_a_layer_are_those_that_are_stored(
    weights: str, each: int, scale: int, tmp_path: Path
) -> None:
    onnx.save(dense("Relu").model(), tmp_path / "net.onnx")
    # Weights that stand in the code are singles, whatever the format.
    stored = ("--schedule", "layer0/MatMul=registers", "--schedule", "layer3/MatMul=registers")
    arguments = ("-o", tmp_path / "build", "--no-verify", "--weights", weights, *stored)
    assert onnx2luau("compile", tmp_path / "net.onnx", *arguments).status == 0
    layers = json.loads((tmp_path / "build" / "manifest.json").read_text())["layers"]
    # A bias stays f32; the second layer has none.
    sizes = [6 * 5 * each + 5 * scale + 5 * 4, 5 * 3 * each + 3 * scale, 0]
    assert [layer["bytes"] for layer in layers] == sizes
