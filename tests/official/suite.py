"""The tests that come with the onnx package: models, inputs and the outputs that are right."""

from __future__ import annotations

import importlib
import pkgutil
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.backend.test.case.node as cases
from onnx import numpy_helper
from onnx.backend.test.case.test_case import TestCase
from onnx.backend.test.loader import load_model_tests

FILES = ("simple", "pytorch-converted", "pytorch-operator")
"""The kinds of tests that lie on disk. Those of single nodes are made by Python code."""
DataSet = tuple[list[Any], list[Any]]


@dataclass(frozen=True)
class Official:
    """A model, and outputs for some inputs, both in the order of the graph; what is no tensor is left as it is."""

    name: str
    kind: str
    model: onnx.ModelProto
    data: list[DataSet]
    relative: float
    absolute: float


def node_modules() -> list[str]:
    """Return the names of the modules that make the tests of single nodes."""
    return sorted(module.name for module in pkgutil.iter_modules(cases.__path__))


def node_tests(modules: Sequence[str]) -> list[Official]:
    """Return what some of those modules make, ordered by name."""
    return sorted(chain.from_iterable(map(_made_by, modules)), key=lambda test: test.name)


@cache
def _made_by(module: str) -> list[Official]:
    """Import a module, which adds its tests to a list."""
    before = len(cases._NodeTestCases)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        importlib.import_module(f"{cases.__name__}.{module}")
    return [_official(test) for test in cases._NodeTestCases[before:]]


def _official(test: TestCase) -> Official:
    kind = "node, expanded" if "_expanded" in test.name else "node"
    data = [([_array(v) for v in inputs], [_array(v) for v in right]) for inputs, right in test.data_sets]
    return Official(test.name, kind, test.model, data, test.rtol, test.atol)


def file_tests(kind: str) -> Iterator[Official]:
    """Yield the tests of a kind that lie on disk, ordered by name."""
    for test in sorted(load_model_tests(kind=kind), key=lambda test: str(test.name)):
        folder = Path(test.model_dir)
        model = onnx.load(folder / "model.onnx")
        data = []
        for each in sorted(folder.glob("test_data_set_*")):
            inputs = [_read(path, port) for path, port in _numbered(each, "input", model.graph.input)]
            right = [_read(path, port) for path, port in _numbered(each, "output", model.graph.output)]
            data.append((inputs, right))
        yield Official(test.name, kind, model, data, test.rtol, test.atol)


def _numbered(folder: Path, side: str, ports: Sequence[Any]) -> list[tuple[Path, Any]]:
    paths = [folder / f"{side}_{index}.pb" for index, _ in enumerate(ports)]
    return [(path, port) for path, port in zip(paths, ports, strict=True) if path.is_file()]


def _read(path: Path, port: onnx.ValueInfoProto) -> Any:
    if not port.type.HasField("tensor_type"):
        return None
    return numpy_helper.to_array(onnx.TensorProto.FromString(path.read_bytes()))


def _array(value: Any) -> Any:
    if isinstance(value, onnx.TensorProto):
        return numpy_helper.to_array(value)
    return np.asarray(value) if isinstance(value, np.generic) else value
