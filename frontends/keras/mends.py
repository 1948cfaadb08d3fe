"""What tf2onnx lacks: TensorFlow operators, each written with the operators ONNX has.

A handler is called with tf2onnx's graph and the TensorFlow node, and puts ONNX nodes in the node's place.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx.helper import tensor_dtype_to_np_dtype

from . import recurrent


def _erfc(graph: Any, node: Any, name: str, _args: Any) -> None:
    """1 - erf(x): the part of Gelu that TensorFlow asks for by a name of its own."""
    (x,), y, form = node.input, node.output, _form(graph, node)
    graph.remove_node(name)
    erf = graph.make_node("Erf", [x], name=f"{name}/erf", **form)
    graph.make_node("Sub", [_one(graph, name, form), erf.output[0]], outputs=y, name=name, **form)


def _expm1(graph: Any, node: Any, name: str, _args: Any) -> None:
    """exp(x) - 1, which loses the digits of a tiny x but stays within 6e-8 of the true value near zero."""
    (x,), y, form = node.input, node.output, _form(graph, node)
    graph.remove_node(name)
    power = graph.make_node("Exp", [x], name=f"{name}/exp", **form)
    graph.make_node("Sub", [power.output[0], _one(graph, name, form)], outputs=y, name=name, **form)


def _bucketize(graph: Any, node: Any, name: str, _args: Any) -> None:
    """Count the boundaries that x has reached, as Keras's Discretization layer does."""
    (x,), y, form = node.input, node.output, _form(graph, node)
    boundaries = np.array(node.get_attr_value("boundaries"), tensor_dtype_to_np_dtype(graph.get_dtype(x)))
    graph.remove_node(name)
    last = graph.make_const(f"{name}/last", np.array([-1], np.int64)).output[0]
    column = graph.make_node("Unsqueeze", [x, last], name=f"{name}/column").output[0]
    limits = graph.make_const(f"{name}/boundaries", boundaries).output[0]
    reached = graph.make_node("GreaterOrEqual", [column, limits], name=f"{name}/reached").output[0]
    ones = graph.make_node("Cast", [reached], attr={"to": form["dtypes"][0]}, name=f"{name}/ones").output[0]
    graph.make_node("ReduceSum", [ones, last], outputs=y, name=name, attr={"keepdims": 0}, **form)


def _select(graph: Any, node: Any, name: str, _args: Any) -> None:
    """Write a choice as Where; tf2onnx's sum of products turns an infinity that was not chosen into NaN."""
    operands, y, form = list(node.input), node.output, _form(graph, node)
    graph.remove_node(name)
    graph.make_node("Where", operands, outputs=y, name=name, **form)


HANDLERS: dict[str, tuple[Any, list[Any]]] = {
    "Bucketize": (_bucketize, []),
    "Erfc": (_erfc, []),
    "Expm1": (_expm1, []),
    "SelectV2": (_select, []),
    recurrent.MARKER: (recurrent.from_marker, []),
}
"""TensorFlow's operator to a handler and its extra arguments: tf2onnx's `custom_op_handlers`."""


def _form(graph: Any, node: Any) -> dict[str, Any]:
    return {"shapes": [graph.get_shape(node.output[0])], "dtypes": [graph.get_dtype(node.output[0])]}


def _one(graph: Any, name: str, form: dict[str, Any]) -> str:
    dtype = tensor_dtype_to_np_dtype(form["dtypes"][0])
    return str(graph.make_const(f"{name}/one", np.array(1, dtype)).output[0])
