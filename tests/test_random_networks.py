"""Random networks: Luau, the numpy reference and ONNX Runtime agree, whatever the options."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnx2luau.backends.luau.options import ENCODINGS, TARGETS, WEIGHTS, Options
from onnx2luau.backends.luau.schedules import schedules
from onnx2luau.backends.luau.scheduling import schedule
from onnx2luau.backends.luau.write.module import emit_module
from onnx2luau.backends.luau.write.sample import Sample
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from tests.cases import Case, prove
from tests.dense_limits import takes
from tests.networks import Network, conv_networks, dense_networks


@pytest.mark.parametrize("schedule", ["chosen", *sorted(schedules("dense"))])
@pytest.mark.parametrize("target", TARGETS)
@given(network=dense_networks(), encoding=st.sampled_from(ENCODINGS), weights=st.sampled_from(WEIGHTS))
def test_dense(
    network: Network, encoding: str, weights: str, target: str, schedule: str, lunes: dict[str, Lune]
) -> None:
    options = Options(target, weights, encoding, _everywhere(network, schedule))
    _prove(network, options, lunes[target])


@pytest.mark.parametrize("target", TARGETS)
@given(network=conv_networks(), encoding=st.sampled_from(ENCODINGS), weights=st.sampled_from(WEIGHTS))
def test_convolutional(
    network: Network, encoding: str, weights: str, target: str, lunes: dict[str, Lune]
) -> None:
    _prove(network, Options(target, weights, encoding), lunes[target])


@given(network=st.one_of(dense_networks(), conv_networks()), encoding=st.sampled_from(ENCODINGS))
def test_same_model_twice_gives_the_same_bytes(network: Network, encoding: str) -> None:
    def files() -> dict[str, str]:
        graph = run_pipeline(import_model(network.model(), "twice"))
        module = emit_module(
            schedule(graph, Options(encoding=encoding)),
            Options(encoding=encoding),
            Sample((network.input,), (), ()),
        )
        return {**module.files, "Model.luau": module.model_file(["twice"], {"name": "twice"})}

    assert files() == files()


def _prove(network: Network, options: Options, lune: Lune) -> None:
    # A folder of its own for each network: Luau keeps modules it has loaded by their path.
    with tempfile.TemporaryDirectory(prefix="onnx2luau-test-") as folder:
        prove(Case("network", network.model(), {"x": network.input[None]}), Path(folder), lune, options)


def _everywhere(network: Network, schedule: str) -> dict[str, str]:
    """Return the schedule for every dense layer that it is for."""
    if schedule == "chosen":
        return {}
    graph = run_pipeline(import_model(network.model(), "schedules"))
    layers = [(node.layer, node.op) for node in graph.nodes if isinstance(node.op, Dense)]
    return {layer: schedule for layer, op in layers if takes(schedule, *op.weight.shape)}
