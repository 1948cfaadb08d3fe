"""Products with trained weights are dense layers, whichever operator they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.ir.ops import op_name
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from tests.cases import Case, floats, prove
from tests.one_layer import kernel

DENSE = {
    "matrix of a batch": kernel("MatMul", floats(2, 3, 4), floats(1, 4, 5, seed=1)),
    "vector": kernel("MatMul", floats(3, 4), floats(4, seed=1)),
    "transposed": kernel("Gemm", floats(2, 4), floats(5, 4, seed=1), floats(5, seed=2), transB=1, alpha=0.5),
    "one pixel": kernel("Conv", floats(1, 6, 1, 1), floats(5, 6, 1, 1, seed=1), floats(5, seed=2)),
    "one window": kernel("Conv", floats(2, 3, 4, 5), floats(6, 3, 4, 5, seed=1), floats(6, seed=2)),
    "one line": kernel("Conv", floats(1, 3, 7), floats(2, 3, 7, seed=1)),
}
OTHERS = {
    "two windows": kernel("Conv", floats(1, 3, 5, 4), floats(2, 3, 4, 4, seed=1)),
    "groups": kernel("Conv", floats(1, 4, 2, 2), floats(4, 2, 2, 2, seed=1), group=2),
    "border": kernel("Conv", floats(1, 2, 3, 3), floats(2, 2, 3, 3, seed=1), pads=[1, 1, 1, 1]),
    "matrices of a batch": kernel("MatMul", floats(2, 3, 4), floats(2, 4, 5, seed=1)),
}


def ops(tested: Case) -> set[str]:
    return {op_name(node.op) for node in run_pipeline(import_model(tested.model, tested.name)).nodes}


@pytest.mark.parametrize("name", DENSE)
def test_dense(name: str, tmp_path: Path, client: Lune) -> None:
    assert "dense" in ops(DENSE[name])
    assert not ops(DENSE[name]) & {"matmul", "conv"}
    prove(DENSE[name], tmp_path, client)


@pytest.mark.parametrize("name", OTHERS)
def test_others_stay(name: str, tmp_path: Path, client: Lune) -> None:
    assert "dense" not in ops(OTHERS[name])
    prove(OTHERS[name], tmp_path, client)


def test_numbers_that_are_not_finite(tmp_path: Path, client: Lune) -> None:
    """What is not finite in one sample stays in it."""
    x = floats(3, 2, 3, 4)
    x[1, 0, 0, 0] = np.inf
    tested = DENSE["matrix of a batch"]
    prove(Case("odd", tested.model, {"x": x}), tmp_path, client)
