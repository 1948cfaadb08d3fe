"""Seeded random inputs that a model accepts: numbers, and indices its tables have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper
from onnx.helper import tensor_dtype_to_np_dtype

_SEED = 20_08
_CARRY = {"Add", "Cast", "Concat", "Expand", "Flatten", "Identity", "Mod", "Reshape", "Slice", "Split"}
_CARRY |= {"Squeeze", "Sub", "Transpose", "Unsqueeze", "Where"}
_UNBOUNDED = 8


def samples(model: onnx.ModelProto, rounds: int) -> Iterator[dict[str, np.ndarray[Any, Any]]]:
    """Yield `rounds` feeds, an array an input: whole numbers for integers and indices, else normal ones.

    The same model gives the same feeds. An index into a table is below the table's length.
    """
    random = np.random.default_rng(_SEED)
    for _ in range(rounds):
        feed = {}
        for value in model.graph.input:
            tensor = value.type.tensor_type
            shape = tuple(size.dim_value for size in tensor.shape.dim)
            dtype = tensor_dtype_to_np_dtype(tensor.elem_type)
            bound = index_bound(model.graph, value.name)
            if dtype == np.bool_:
                feed[value.name] = random.integers(0, 2, shape).astype(np.bool_)
            elif bound is None and np.issubdtype(dtype, np.floating):
                feed[value.name] = random.standard_normal(shape).astype(dtype)
            else:
                feed[value.name] = random.integers(0, bound or _UNBOUNDED, shape).astype(dtype)
        yield feed


def index_bound(graph: onnx.GraphProto, name: str) -> int | None:
    """Return the length of the shortest table that an input indexes, or None where it indexes none.

    Followed through conversions, since an embedding may well take floats, and through arithmetic, since Keras
    counts a negative index from the end of the table.
    """
    constants = {tensor.name: tensor for tensor in graph.initializer}
    carriers, bounds = {name}, []
    for node in graph.node:
        if node.op_type == "Gather" and node.input[1] in carriers and node.input[0] in constants:
            axis = next((a.i for a in node.attribute if a.name == "axis"), 0)
            bounds.append(constants[node.input[0]].dims[axis])
        elif node.op_type == "OneHot" and node.input[0] in carriers and node.input[1] in constants:
            bounds.append(int(numpy_helper.to_array(constants[node.input[1]]).item()))
        elif node.op_type in _CARRY and carriers.intersection(node.input):
            carriers.update(node.output)
    return min(bounds, default=None)
