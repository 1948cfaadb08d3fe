"""Prints a graph in its textual form."""

from __future__ import annotations

import base64
import json
from dataclasses import fields

import numpy as np

from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops import op_name
from onnx2luau.compiler.ir.scalars import Apply, Argument, Number
from onnx2luau.compiler.ir.types import Array, DType
from onnx2luau.compiler.ir.values import Value

WRITTEN_OUT = 16
"""Constants of at most this many elements are shown as numbers."""


def print_graph(graph: Graph, *, elide: bool = False) -> str:
    """Return the graph as text; `elide` puts `...` for the data of large constants, for people to read."""
    return _graph(graph, elide, "") + "\n"


def _graph(graph: Graph, elide: bool, indent: str) -> str:
    """Return a graph whose lines after the first begin with `indent`."""
    lines = [f"graph {_text(graph.name)} {{"]
    lines += [f"  input {_typed(port.value)} = {_text(port.name)}" for port in graph.inputs]
    lines += [
        f"  state {_typed(each.value)} = {_text(each.name)} from %{each.initial.name}"
        for each in graph.states
    ]
    lines += [f"  const {_typed(value)} = {_data(array, elide)}" for value, array in graph.constants.items()]
    lines += [f"  {_node(node, elide, indent + '  ')}" for node in graph.nodes]
    lines += [f"  output {_text(port.name)} = %{port.value.name}" for port in graph.outputs]
    lines += [f"  next {_text(state.name)} = %{state.next.name}" for state in graph.states]
    return f"\n{indent}".join([*lines, "}"])


def _node(node: Node, elide: bool, indent: str) -> str:
    attributes = []
    for entry in fields(node.op):
        value = getattr(node.op, entry.name)
        if value != entry.default:
            shown = _graph(value, elide, indent) if isinstance(value, Graph) else _attribute(value)
            attributes.append(f"{entry.name}={shown}")
    names = ", ".join(f"%{value.name}" for value in node.results)
    types = ", ".join(str(value.type) for value in node.results)
    text = f"{names} = {op_name(node.op)}({', '.join(attributes)}) : {types}"
    if node.layer or node.tensors:
        text += f" @ {_text(node.layer)}"
    if node.tensors:
        text += f" as {', '.join(map(_text, node.tensors))}"
    return text


def _attribute(value: object) -> str:
    match value:
        case Value():
            return f"%{value.name}"
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case DType():
            return f"!{value}"
        case Argument() | Number() | Apply():
            return f"({value})"
        case str():
            return _text(value)
        case tuple():
            return f"[{', '.join(map(_attribute, value))}]"
        case _:
            return repr(value)


def _typed(value: Value) -> str:
    return f"%{value.name} : {value.type}"


def _data(array: Array, elide: bool) -> str:
    if array.size <= WRITTEN_OUT:
        return f"[{', '.join(_number(element) for element in array.ravel())}]"
    if elide:
        return "..."
    little_endian = array.astype(array.dtype.newbyteorder("<"))
    return f'base64 "{base64.b64encode(little_endian.tobytes()).decode("ascii")}"'


def _number(element: np.generic) -> str:
    # item() of a half or a single is the same number as a double, which reads back exactly.
    return repr(element.item()).lower()


def _text(text: str) -> str:
    return json.dumps(text)
