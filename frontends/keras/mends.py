"""What tf2onnx lacks: TensorFlow operators, each written with the operators ONNX has.

A handler is called with tf2onnx's graph and the TensorFlow node, and puts ONNX nodes in the node's place.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx.helper import tensor_dtype_to_np_dtype


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


HANDLERS: dict[str, tuple[Any, list[Any]]] = {"Erfc": (_erfc, []), "Expm1": (_expm1, [])}
"""TensorFlow's operator to a handler and its extra arguments: tf2onnx's `custom_op_handlers`."""


def _form(graph: Any, node: Any) -> dict[str, Any]:
    return {"shapes": [graph.get_shape(node.output[0])], "dtypes": [graph.get_dtype(node.output[0])]}


def _one(graph: Any, name: str, form: dict[str, Any]) -> str:
    dtype = tensor_dtype_to_np_dtype(form["dtypes"][0])
    return str(graph.make_const(f"{name}/one", np.array(1, dtype)).output[0])
