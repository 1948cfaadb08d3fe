"""Builds a graph op by op; operator import functions are written with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from onnx2luau.compiler.ir import scalars
from onnx2luau.compiler.ir.check import check
from onnx2luau.compiler.ir.graph import Graph, Node, Port
from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.ops.concat import Concat
from onnx2luau.compiler.ir.ops.expand import Expand
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.ops.reduce import Reduce
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.ops.softmax import Softmax
from onnx2luau.compiler.ir.ops.transpose import Transpose
from onnx2luau.compiler.ir.scalars import Argument, Scalar
from onnx2luau.compiler.ir.types import Array, DType, TensorType
from onnx2luau.compiler.ir.values import Value

LONGEST_NAME = 40


class Builder:
    """Collects inputs, constants and nodes; `finish` checks them and returns the graph."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._inputs: list[Port] = []
        self._outputs: list[Port] = []
        self._nodes: list[Node] = []
        self._constants: dict[Value, Array] = {}
        self._names: set[str] = set()
        self._numbers: dict[str, int] = {}
        """The last number that was added to each stem, so that many names alike take no longer."""
        self._layer = ""

    # What a graph is made of.

    def input(self, name: str, type_: TensorType) -> Value:
        """Declare an input that the user knows as `name` (any text)."""
        value = self._value(name, type_)
        self._inputs.append(Port(name, value))
        return value

    def output(self, name: str, value: Value) -> None:
        """Declare an output that the user knows as `name` (any text)."""
        self._outputs.append(Port(name, value))

    def constant(self, array: Array, hint: str = "constant") -> Value:
        """Add a constant; KeyError for an element type that the IR does not have."""
        array = np.asarray(array, order="C")
        value = self._value(hint, TensorType(DType.of(array.dtype), array.shape))
        self._constants[value] = array
        return value

    def add(self, op: Op, hint: str = "") -> Value:
        """Append an op and return its only result; ValueError says what does not fit."""
        (result,) = self.add_all(op, hint)
        return result

    def add_all(self, op: Op, hint: str = "") -> tuple[Value, ...]:
        """Append an op and return its results; ValueError says what does not fit."""
        stem = hint or self._layer or type(op).__name__.lower()
        results = tuple(self._value(stem, type_) for type_ in op.result_types())
        self._nodes.append(Node(results, op, self._layer))
        return results

    def name_tensor(self, value: Value, tensor: str) -> None:
        """Note that `value`, if it was made last, equals the model's tensor of this name."""
        if self._nodes and value in self._nodes[-1].results:
            last = self._nodes[-1]
            place = last.results.index(value)
            tensors = [*last.tensors, *[""] * (place + 1 - len(last.tensors))]
            tensors[place] = tensor
            self._nodes[-1] = replace(last, tensors=tuple(tensors))

    @contextmanager
    def layer(self, name: str) -> Iterator[None]:
        """Ops added inside belong to the layer of this name (any text)."""
        before, self._layer = self._layer, name
        try:
            yield
        finally:
            self._layer = before

    def constant_of(self, value: Value | None) -> Array | None:
        """Return the array behind a value, if it is a constant."""
        return None if value is None else self._constants.get(value)

    def finish(self) -> Graph:
        """Return the checked graph."""
        graph = Graph(
            self.name, tuple(self._inputs), tuple(self._outputs), tuple(self._nodes), dict(self._constants)
        )
        return check(graph)

    # Pointwise functions.

    def apply(self, function: str, *operands: Value | float) -> Value:
        """Apply a scalar function to values and numbers, broadcast; a comparison gives a bool tensor."""
        arguments: list[Scalar | float] = []
        values: list[Value] = []
        for operand in operands:
            if isinstance(operand, Value):
                arguments.append(Argument(len(values)))
                values.append(operand)
            else:
                arguments.append(float(operand))
        body = scalars.apply(function, *arguments)
        is_predicate = scalars.FUNCTIONS[function].is_predicate
        # The last operand decides, since the first of `where` is its condition.
        return self.pointwise(body, values, DType.BOOL if is_predicate else values[-1].type.dtype)

    def pointwise(self, body: Scalar, inputs: Sequence[Value], dtype: DType) -> Value:
        """Apply a scalar expression to the elements of broadcast values."""
        return self.add(Pointwise(body, tuple(inputs), dtype))

    def where(self, condition: Value, yes: Value | float, no: Value | float) -> Value:
        """Choose by element."""
        return self.apply("where", condition, yes, no)

    def cast(self, x: Value, dtype: DType) -> Value:
        """Convert elements: to an integer by cutting off the fraction, to bool by comparing with 0."""
        if x.type.dtype == dtype:
            return x
        body: Scalar = Argument(0)
        if dtype is DType.BOOL:
            body = scalars.apply("ne", body, 0.0)
        elif dtype.is_integer and not x.type.dtype.is_integer:
            body = scalars.apply("trunc", body)
            if dtype is DType.I32:
                body = scalars.apply("to_i32", body)
        elif dtype is DType.I32 and x.type.dtype is DType.I64:
            body = scalars.apply("wrap", body)
        return self.pointwise(body, [x], dtype)

    # Moves and reductions.

    def reshape(self, x: Value, shape: Sequence[int]) -> Value:
        """Give the elements of x another shape."""
        return self.add(Reshape(x, tuple(shape)))

    def transpose(self, x: Value, permutation: Sequence[int]) -> Value:
        """Reorder the axes of x."""
        return self.add(Transpose(x, tuple(permutation)))

    def expand(self, x: Value, shape: Sequence[int]) -> Value:
        """Broadcast x to `shape`."""
        return self.add(Expand(x, tuple(shape)))

    def concat(self, parts: Sequence[Value], axis: int) -> Value:
        """Join values along an axis."""
        return self.add(Concat(tuple(parts), axis))

    def reduce(self, kind: str, x: Value, axes: Sequence[int], *, keep: bool = True) -> Value:
        """Combine the elements along `axes`; without `keep` those axes disappear."""
        result = self.add(Reduce(x, kind, tuple(sorted(axes))))
        if keep:
            return result
        return self.reshape(result, [e for axis, e in enumerate(result.shape) if axis not in axes])

    def softmax(self, x: Value, axis: int, *, log: bool = False) -> Value:
        """exp(x - max) / sum along an axis."""
        return self.add(Softmax(x, axis, log))

    def _value(self, hint: str, type_: TensorType) -> Value:
        return Value(self._unique(hint), type_, self)

    def _unique(self, hint: str) -> str:
        """Turn any text into a name of the textual form that no other value has."""
        stem = re.sub(r"[^A-Za-z0-9_]+", "_", hint)[-LONGEST_NAME:].strip("_") or "v"
        if not stem[0].isalpha():
            stem = f"v_{stem}"
        name, number = stem, self._numbers.get(stem, 1)
        while name in self._names:
            number += 1
            name = f"{stem}_{number}"
        self._numbers[stem] = number
        self._names.add(name)
        return name
