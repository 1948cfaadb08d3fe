"""Random graphs of small tensors: branches that join, tensors read twice, several inputs and outputs."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onnx2luau.backends.luau.options import TARGETS
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.text import print_graph
from onnx2luau.samples.samples import Samples
from tests.cases import Case, prove
from tests.random_graphs import trial
from tests.random_graphs.bodies import BODIES
from tests.random_graphs.cutting import ALL
from tests.random_graphs.steps import STEPS
from tests.random_graphs.trial import difference, drawn
from tests.random_graphs.values import PLAIN, samples


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=settings().max_examples * 4)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_graph(seed: int, target: str, lunes: dict[str, Lune]) -> None:
    graph = drawn(seed, STEPS, 25)
    tested = Case("random graph", graph.model(graph.outputs()), samples(graph, PLAIN))
    # A folder of its own for each graph: Luau keeps modules it has loaded by their path.
    with tempfile.TemporaryDirectory(prefix="onnx2luau-test-") as folder:
        prove(tested, Path(folder), lunes[target])


@settings(max_examples=settings().max_examples * 2)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_graph_that_cuts(seed: int, lunes: dict[str, Lune]) -> None:
    """Steps, comparisons, conversions, powers and quotients, where single precision decides; and bodies."""
    assert difference(drawn(seed, [*ALL, *BODIES], 25), seed, PLAIN, lunes) is None


def test_a_wrong_graph_is_cut_down_to_what_is_wrong(client: Lune, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if an Erf were wrong wherever there is one."""

    def run_wrongly(graph: Graph, *arguments: Any) -> Samples:
        answers = right(graph, *arguments)
        is_wrong = "erf(" in print_graph(graph)
        return {name: array + 0.1 if is_wrong else array for name, array in answers.items()}

    right = trial.run_luau
    monkeypatch.setattr(trial, "run_luau", run_wrongly)
    found = [difference(drawn(seed, STEPS, 12), seed, PLAIN, {"client": client}) for seed in range(20)]
    wrong = [each for each in found if each is not None]
    assert 0 < len(wrong) < 20
    for each in wrong:
        assert each.model.graph.node[-1].op_type == "Erf"
        assert [node.op_type for node in each.model.graph.node].count("Erf") == 1
