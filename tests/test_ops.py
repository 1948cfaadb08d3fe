"""Every operator: ONNX Runtime, the numpy reference and Luau under Lune give the same numbers."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import pytest

import tests.ops
from onnx2luau.backends.luau.lune import Lune
from tests.cases import Case, prove

CASES: list[Case] = [
    each
    for entry in pkgutil.iter_modules(tests.ops.__path__)
    for each in importlib.import_module(f"tests.ops.{entry.name}").CASES
]


@pytest.mark.parametrize("target", ["client", "server"])
@pytest.mark.parametrize("tested", CASES, ids=lambda tested: tested.name)
def test_agrees_with_onnx_runtime(tested: Case, target: str, lunes: dict[str, Lune], tmp_path: Path) -> None:
    prove(tested, tmp_path, lunes[target])
