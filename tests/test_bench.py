"""The benchmark: every engine is there, and the textbook engine is right before it is timed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from onnx2luau.backends.luau.lune import Lune
from onnx2luau.compiler.bench.engines import check_textbook
from onnx2luau.compiler.bench.textbook import NoTextbookError, write_textbook
from onnx2luau.compiler.errors import DisagreementError
from onnx2luau.compiler.oracle import Oracle
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.compiler.source import Source
from onnx2luau.frontends.onnx import import_model
from tests.cases import floats
from tests.command_line import onnx2luau
from tests.networks import Network


def dense(activation: str, **attributes: float) -> Network:
    """Return two layers."""
    network = Network((1, 6), 1)
    network.dense(5, True)
    network.add(activation, **attributes)
    network.dense(3, False)
    network.add("Softmax", axis=1)
    return network


def picture(pool: str) -> Network:
    """Return a convolution with borders, one with a stride, a pool, and Keras's order of flattening."""
    network = Network((1, 2, 8, 8), 2)
    network.add(
        "Conv", network.weight(3, 2, 3, 3, fan=18), network.weight(3, fan=1), shape=(1, 3, 8, 8), pads=[1] * 4
    )
    network.add("Relu")
    network.add("Conv", network.weight(4, 3, 3, 3, fan=27), shape=(1, 4, 3, 3), strides=[2, 2])
    network.add(pool, shape=(1, 4, 2, 2), kernel_shape=[2, 2], strides=[1, 1])
    network.add("Transpose", shape=(1, 2, 2, 4), perm=[0, 2, 3, 1])
    network.add("Flatten", shape=(1, 16))
    network.dense(3, True)
    return network


NETWORKS = {
    **{name: dense(name) for name in ("Relu", "Sigmoid", "Tanh", "Identity")},
    "LeakyRelu": dense("LeakyRelu", alpha=0.25),
    "max": picture("MaxPool"),
    "mean": picture("AveragePool"),
}


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_textbook_is_right(name: str, tmp_path: Path, client: Lune) -> None:
    network = NETWORKS[name]
    graph = run_pipeline(import_model(network.model(), name))
    module = write_textbook(graph, tmp_path / "textbook")
    expected = Oracle(Source(network.model(), name, "", "")).run({"x": network.input})[network.last]
    (tmp_path / "x.bin").write_bytes(network.input.astype("<f8").tobytes())
    check_textbook(module, client, [str(tmp_path / "x.bin")], expected)
    with pytest.raises(DisagreementError, match="so it is not timed"):
        check_textbook(module, client, [str(tmp_path / "x.bin")], expected + 0.01)


def test_what_the_textbook_does_not_know_is_said() -> None:
    network = dense("Gelu")
    graph = run_pipeline(import_model(network.model(), "gelu"))
    with pytest.raises(NoTextbookError, match="no word for the activation"):
        write_textbook(graph, Path("never written"))


def test_model(tmp_path: Path) -> None:
    onnx.save(dense("Relu").model(), tmp_path / "net.onnx")
    np.save(tmp_path / "x.npy", floats(2, 6))
    arguments = ("bench", tmp_path / "net.onnx", "--inputs", tmp_path / "x.npy", "--rounds", "1")
    done = onnx2luau(*arguments, "--json")
    assert done.status == 0, done.trouble
    result = json.loads(done.output)
    engines = [figures["engine"] for figures in result["figures"]]
    assert engines == [
        "generated, client", "generated, server", "textbook, client", "textbook, server", "ONNX Runtime, one thread",
        "numpy",
    ]  # fmt: skip
    for figures in result["figures"]:
        assert 0 < figures["least"] <= figures["median"] <= figures["most"]
        assert (figures["load"] is None) == ("," not in figures["engine"] or "ONNX" in figures["engine"])
    assert result["figures"][0]["ratio"] == 1
    assert result["remarks"] == []


def test_build(tmp_path: Path) -> None:
    onnx.save(dense("Gelu").model(), tmp_path / "net.onnx")
    assert onnx2luau("compile", tmp_path / "net.onnx", "-o", tmp_path / "build").status == 0
    done = onnx2luau("bench", tmp_path / "build", "--rounds", "1")
    assert done.status == 0, done.trouble
    assert "without its model" in done.output
    whole = onnx2luau("bench", tmp_path / "net.onnx", "--rounds", "1")
    assert "no textbook lines: the textbook engine has no word for the activation" in whole.output


def test_bad_input(tmp_path: Path) -> None:
    missing = onnx2luau("bench", tmp_path / "nothing.onnx")
    assert (missing.status, "does not exist" in missing.error) == (2, True)
