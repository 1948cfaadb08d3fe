"""Import functions, found by ONNX operator. The signature of one *is* the operator's specification:

    @onnx_op("LeakyRelu")
    def leaky_relu(b: Builder, x: Value, *, alpha: float = 0.01) -> Value:

Positional parameters are ONNX's inputs (`Value`: any tensor; `tuple[int, ...]`, `float`, `bool`: one that
must be constant; `| None`: optional), keyword-only ones its attributes, where `bool` is an integer that is 0
or 1. What a node has beyond the signature is refused.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import TypeVar, Union

from onnx2luau.compiler.ir.values import Value

OPSET = 18
"""Older models are raised to this opset; import functions know this one and all newer ones."""

Result = Value | tuple[Value, ...]
ImportFunction = Callable[..., Result]
Function = TypeVar("Function", bound=ImportFunction)


@dataclass(frozen=True)
class Importer:
    """An import function and what its signature says."""

    operator: str
    domain: str
    function: ImportFunction
    inputs: tuple[inspect.Parameter, ...]
    attributes: dict[str, inspect.Parameter]
    types: dict[str, object]

    def is_constant(self, parameter: inspect.Parameter) -> bool:
        """Whether the input must be known while compiling."""
        return Value not in self.kinds(parameter)

    def kinds(self, parameter: inspect.Parameter) -> tuple[object, ...]:
        """The types that a parameter may be of, NoneType among them for one that may be left out."""
        declared = self.types[parameter.name]
        return typing.get_args(declared) if typing.get_origin(declared) in (UnionType, Union) else (declared,)

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return first_line(self.function)


_IMPORTERS: dict[tuple[str, str], Importer] = {}


def onnx_op(*operators: str, domain: str = "") -> Callable[[Function], Function]:
    """Register a function as the importer of ONNX operators."""

    def register(function: Function) -> Function:
        types = typing.get_type_hints(function)
        _, *parameters = inspect.signature(function).parameters.values()
        inputs = tuple(p for p in parameters if p.kind is not inspect.Parameter.KEYWORD_ONLY)
        attributes = {p.name: p for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY}
        for operator in operators:
            _IMPORTERS[domain, operator] = Importer(operator, domain, function, inputs, attributes, types)
        return function

    return register


def first_line(function: Callable[..., object]) -> str:
    """Return the first line of a docstring, which is what users read of an operator."""
    return (inspect.getdoc(function) or "").partition("\n")[0]


def find(domain: str, operator: str) -> Importer | None:
    """Return the importer of an operator, if there is one."""
    _load_ops()
    return _IMPORTERS.get((domain, operator))


def all_importers() -> Iterable[Importer]:
    """Every importer, in the order of operator names."""
    _load_ops()
    return [importer for _, importer in sorted(_IMPORTERS.items(), key=lambda item: item[0])]


@cache
def _load_ops() -> None:
    package = importlib.import_module("onnx2luau.frontends.onnx.ops")
    for entry in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{entry.name}")
