"""Every operator: ONNX Runtime, the numpy reference and Luau under Lune give the same numbers."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

import tests.ops
from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.agreement import compare
from onnx2luau.frontends.onnx import import_model
from onnx2luau.proof.oracle import Oracle
from onnx2luau.proof.verify import reference_outputs
from onnx2luau.source import Source
from tests.cases import Case, oracle_outputs, prove_by_default, prove_luau, prove_reference

CASES: list[Case] = [
    each
    for entry in pkgutil.iter_modules(tests.ops.__path__)
    for each in importlib.import_module(f"tests.ops.{entry.name}").CASES
]


@pytest.mark.parametrize("tested", CASES, ids=lambda tested: tested.name)
def test_agrees_with_onnx_runtime(tested: Case, lunes: dict[str, Lune], tmp_path: Path) -> None:
    graph, expected = prove_reference(tested)
    for target, lune in lunes.items():
        if target == "client" and tested.samples:
            prove_by_default(tested, graph, expected, tmp_path / target, lune)
        else:
            prove_luau(graph, tested.samples, expected, tmp_path / target, lune, Options(target))


@pytest.mark.parametrize("tested", CASES[::5], ids=lambda tested: tested.name)
def test_is_computed_while_compiling(tested: Case) -> None:
    """The same models with every input known: folding gives what running would."""
    model = onnx.ModelProto()
    model.CopyFrom(tested.model)
    known = [numpy_helper.from_array(np.asarray(array[0]), name) for name, array in tested.samples.items()]
    model.graph.initializer.extend(known)
    del model.graph.input[:]
    expected = oracle_outputs(Oracle(Source(model, tested.name, "", "")), {})
    graph = import_model(model, tested.name, allow_nonfinite=True)
    folded = compare(reference_outputs(graph, {}), expected)
    assert folded.agrees, folded.difference
    assert not graph.nodes
