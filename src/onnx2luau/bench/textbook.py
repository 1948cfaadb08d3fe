"""A graph as the textbook engine of benchmarks/ wants it: a list of layers with nested tables of weights."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from onnx2luau.backends.luau.syntax.text import string_literal
from onnx2luau.bench.activations import recognise
from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops import op_name
from onnx2luau.compiler.ir.ops.conv import Conv
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.ops.pool import Pool
from onnx2luau.compiler.ir.ops.reduce import Reduce
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.ops.softmax import Softmax
from onnx2luau.compiler.ir.ops.transpose import Transpose
from onnx2luau.compiler.ir.scalars import IDENTITY, Scalar
from onnx2luau.compiler.ir.types import DType
from onnx2luau.packaged import packaged

# The same place in a clone and in an installed package.
ENGINE = packaged("benchmarks/textbook.luau")
MOST_PARAMETERS = 3_000_000
"""Beyond this, number literals are tens of megabytes, and loading them takes most of a minute."""
Fields = dict[str, object]


class NoTextbookError(UsageError):
    """There is no textbook engine to compare with, and why."""


def write_textbook(graph: Graph, folder: Path) -> Path:
    """Write engine and weights as a module that is called as a build is; return its path.

    NoTextbookError says why a graph has none.
    """
    layers = describe(graph)
    folder.mkdir(parents=True)
    shutil.copyfile(ENGINE, folder / "textbook.luau")
    text = ",\n".join(_luau(layer) for layer in layers)
    (folder / "weights.luau").write_text(f"return {{\n{text},\n}}\n", "ascii")
    ports = [{"name": p.name, "shape": list(p.value.shape)} for p in (*graph.inputs, *graph.outputs)]
    arguments = ", ".join(['require("./weights")', *map(_luau, ports)])
    module = folder / "Model.luau"
    module.write_text(f'return require("./textbook").new({arguments})\n', "ascii")
    return module


def describe(graph: Graph) -> list[Fields]:
    """Return the layers of a network that goes straight from one input to one output."""
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise NoTextbookError("the textbook engine takes one input and gives one output")
    if graph.states:
        raise NoTextbookError("the textbook engine remembers nothing")
    _check_numbers(graph)
    current = graph.inputs[0].value
    is_image = current.type.rank == 4
    layers: list[Fields] = [_image(current.shape)] if is_image else []
    for node in graph.nodes:
        if node.op.operands[0] != current or sum(o not in graph.constants for o in node.op.operands) != 1:
            raise NoTextbookError("the textbook engine only knows layers one after another")
        if isinstance(node.op, Reshape):
            layers += [{"kind": "flatten"}] if is_image else []
            is_image = node.result.type.rank == 4
            layers += [_image(node.result.shape)] if is_image else []
        else:
            if isinstance(node.op, Dense) and node.op.before != IDENTITY:
                # It stands between two dense layers; a textbook counts it to the first.
                layers[-1] |= _activation(node.op.before)
            layers.append(_image_layer(graph, node) if is_image else _layer(graph, node))
        current = node.result
    if current != graph.outputs[0].value:
        raise NoTextbookError("the textbook engine only knows layers one after another")
    return [*layers, {"kind": "flatten"}] if is_image else layers


def _check_numbers(graph: Graph) -> None:
    if any(port.value.type.dtype is not DType.F32 for port in (*graph.inputs, *graph.outputs)):
        raise NoTextbookError("the textbook engine takes and gives f32")
    if graph.parameters() > MOST_PARAMETERS:
        raise NoTextbookError(f"{graph.parameters():,} parameters are too many to write as number literals")
    if not all(np.isfinite(array).all() for array in graph.constants.values()):
        raise NoTextbookError("a number literal can't be infinite or NaN")


def _layer(graph: Graph, node: Node) -> Fields:
    """Return a layer over a flat list."""
    match node.op:
        case Dense() if node.op.x.type.size == node.op.weight.shape[1]:
            return {"kind": "dense", **_weights(graph, node.op), **_activation(node.op.activation)}
        case Softmax() if node.result.shape[node.op.axis] == node.result.type.size:
            return {"kind": "softmax", "log": node.op.log}
        case Pointwise(inputs=(x,)) if x.type == node.result.type:
            return {"kind": "activation", **_activation(node.op.body)}
    raise _no_word(node)


def _image_layer(graph: Graph, node: Node) -> Fields:
    """Return a layer over channels of rows."""
    rows, columns = node.result.shape[2:]
    match node.op:
        case Conv() as op:
            groups = {"groups": op.groups, **_weights(graph, op), **_activation(op.activation)}
            return {"kind": "conv", **_windows(op, rows, columns), **groups}
        case Pool(count_pads=False) | Pool(overhang=(0, 0)) as op:
            how = {"mean": op.kind == "mean", "countPads": op.count_pads, "kernel": op.kernel}
            return {"kind": "pool", **_windows(op, rows, columns), **how}
        case Reduce(kind="mean" | "max", axes=(2, 3)) as op:
            whole = Pool(op.x, op.kind, op.x.shape[2:], (1, 1), (0,) * 4, (1, 1), (0, 0))
            return _image_layer(graph, Node((node.result,), whole))
        case Pointwise(inputs=(x,)) if x.type == node.result.type:
            return {"kind": "imageActivation", **_activation(node.op.body)}
        case Transpose(permutation=(0, *order)):
            return {"kind": "transpose", "order": tuple(order)}
    raise _no_word(node)


def _windows(op: Conv | Pool, rows: int, columns: int) -> Fields:
    # How far the borders reach at the ends follows from the number of rows and columns.
    return {
        "rows": rows,
        "columns": columns,
        "strides": op.strides,
        "pads": op.pads[:2],
        "dilations": op.dilations,
    }


def _no_word(node: Node) -> NoTextbookError:
    return NoTextbookError(f"the textbook engine has no word for {op_name(node.op)} at {node.layer!r}")


def _image(shape: tuple[int, ...]) -> Fields:
    if shape[0] != 1:
        raise NoTextbookError("the textbook engine takes one image")
    return {"kind": "image", "channels": shape[1], "rows": shape[2], "columns": shape[3]}


def _weights(graph: Graph, op: Dense | Conv) -> Fields:
    weight, bias = graph.constant(op.weight), graph.constant(op.bias)
    if weight is None or (op.bias is not None and bias is None):
        raise NoTextbookError("the textbook engine takes constant weights")
    return {"weights": weight, "bias": np.zeros(len(weight)) if bias is None else bias}


def _activation(body: Scalar) -> Fields:
    found = recognise(body)
    if found is None:
        raise NoTextbookError(f"the textbook engine has no word for the activation {body}")
    name, numbers = found
    return {"activation": name, **numbers}


def _luau(value: object) -> str:
    """Return a field as Luau: numbers as exporters write them, nine digits long."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return string_literal(value)
        case dict():
            return f"{{ {', '.join(f'{name} = {_luau(entry)}' for name, entry in value.items())} }}"
        case np.ndarray() if value.ndim > 1:
            rows = ",\n".join(map(_luau, value))
            return f"{{\n{rows},\n}}"
        case np.ndarray() | tuple() | list():
            return f"{{ {', '.join(f'{number:.9g}' for number in value)} }}"
        case _:
            return f"{float(value):.9g}"  # type: ignore[arg-type] # a number is left
