"""The ways in which a test's model is given to the compiler: some inputs must be known when it compiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

MOST = 64
"""Elements of a tensor that may say how to compute: a shape, axes, the borders of a pad, indices."""


def feedings(model: onnx.ModelProto, inputs: list[Any]) -> Iterator[tuple[str, onnx.ModelProto]]:
    """Yield the model as it is, then with small integer inputs as constants: all but the first input, then all.

    inputs: one set of the test, in the order of the graph's inputs.
    """
    yield "as it is", model
    if any(not isinstance(value, np.ndarray) for value in inputs):
        return
    names = [port.name for port in model.graph.input]
    small = {
        name: value
        for name, value in zip(names, inputs, strict=False)
        if value.dtype.kind in "iu" and value.size <= MOST
    }
    but_first = {name: value for name, value in small.items() if name != names[0]}
    if but_first:
        yield "integers known", with_constants(model, but_first)
    if small != but_first:
        yield "all integers known", with_constants(model, small)


def with_constants(model: onnx.ModelProto, known: dict[str, Any]) -> onnx.ModelProto:
    """Return a copy in which some inputs are constants."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    open_ports = [port for port in copy.graph.input if port.name not in known]
    del copy.graph.input[:]
    copy.graph.input.extend(open_ports)
    copy.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in known.items())
    return copy
