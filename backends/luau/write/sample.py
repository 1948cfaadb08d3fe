"""The sample that a module carries for its self-test."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.backends.luau.emit.constants import read
from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.luau.syntax.nodes import (
    Expression,
    FunctionExpression,
    Local,
    Name,
    Number,
    Parameter,
    Return,
    Table,
)
from onnx2luau.backends.luau.weights import WeightStore
from onnx2luau.compiler.ir.types import Array


@dataclass(frozen=True)
class Sample:
    """Inputs, and the answers of ONNX Runtime to them, in the order of the graph's ports."""

    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]
    allowed: tuple[float, ...]
    """How far each output may be off, besides the relative tolerance."""


def sample_store(sample: Sample, options: Options) -> WeightStore:
    """Return the sample's numbers as a stream of their own, read only when the test is run."""
    store = WeightStore(options.weights, options.encoding)
    for array in sample.inputs:
        store.add(array, reducible=True)
    for array in sample.outputs:
        store.add(array, reducible=False)
    return store


def sample_function(sample: Sample, store: WeightStore, reader: Expression) -> Expression:
    """Return a function that gives the sample; `reader` is the call that opens its stream."""
    reader_name = Name("read")

    def tables(arrays: tuple[Array, ...], *, reducible: bool) -> Table:
        entries = [store.add(array, reducible=reducible) for array in arrays]
        return Table(tuple(read(reader_name, "numbers", entry) for entry in entries))

    inputs, outputs = tables(sample.inputs, reducible=True), tables(sample.outputs, reducible=False)
    allowed = Table(tuple(Number(float(f"{each:.3g}")) for each in sample.allowed))
    record = Table((inputs, outputs, allowed), ("inputs", "outputs", "allowed"))
    return FunctionExpression((), (Local((Parameter("read"),), (reader,)), Return((record,))))
