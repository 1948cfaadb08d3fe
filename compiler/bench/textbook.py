"""A graph as the textbook engine of benchmarks/ wants it: a list of layers with nested tables of weights."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.ir.graph import Graph, Node
from onnx2luau.compiler.ir.ops import op_name
from onnx2luau.compiler.ir.ops.conv import Conv
from onnx2luau.compiler.ir.ops.dense import Dense
from onnx2luau.compiler.ir.ops.pointwise import Pointwise
from onnx2luau.compiler.ir.ops.pool import Pool
from onnx2luau.compiler.ir.ops.reshape import Reshape
from onnx2luau.compiler.ir.ops.softmax import Softmax
from onnx2luau.compiler.ir.ops.transpose import Transpose
from onnx2luau.compiler.ir.scalars import IDENTITY, Apply, Argument, Number, Scalar
from onnx2luau.compiler.ir.types import Array

# The same place in a clone and in an installed package.
ENGINE = Path(__file__).resolve().parents[2] / "benchmarks" / "textbook.luau"
ZERO = Argument(0)
Fields = dict[str, object]


class NoTextbookError(UsageError):
    """The textbook engine has no word for something in a graph."""


def write_textbook(graph: Graph, folder: Path) -> Path:
    """Write engine and weights as a module with `predict`; return its path. NoTextbookError says why not."""
    layers = describe(graph)
    folder.mkdir(parents=True)
    shutil.copyfile(ENGINE, folder / "textbook.luau")
    text = ",\n".join(f"{{ {', '.join(f'{n} = {_luau(v)}' for n, v in layer.items())} }}" for layer in layers)
    (folder / "weights.luau").write_text(f"return {{\n{text},\n}}\n", "ascii")
    module = folder / "Model.luau"
    module.write_text('return require("./textbook").new(require("./weights"))\n', "ascii")
    return module


def describe(graph: Graph) -> list[Fields]:
    """Return the layers of a network that goes straight from one input to one output."""
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise NoTextbookError("the textbook engine takes one input and gives one output")
    current = graph.inputs[0].value
    is_image = current.type.rank == 4
    layers: list[Fields] = [_image(current.shape)] if is_image else []
    for node in graph.nodes:
        if node.op.operands[0] != current or sum(o not in graph.constants for o in node.op.operands) != 1:
            raise NoTextbookError("the textbook engine only knows layers one after another")
        if isinstance(node.op, Reshape | Transpose):
            added, is_image = _move(node, is_image)
            layers += added
        else:
            layers.append(_image_layer(graph, node) if is_image else _layer(graph, node))
        current = node.result
    if current != graph.outputs[0].value or is_image:
        raise NoTextbookError("the textbook engine only gives a list of numbers")
    return layers


def _layer(graph: Graph, node: Node) -> Fields:
    match node.op:
        case Dense() if node.op.x.type.size == node.op.weight.shape[1]:
            weight, bias = _weights(graph, node.op)
            return {"kind": "dense", "weights": weight, "bias": bias, **_activation(node.op.activation)}
        case Softmax(log=False) if node.result.shape[node.op.axis] == node.result.type.size:
            return {"kind": "softmax"}
        case Pointwise():
            return {"kind": "activation", **_activation(node.op.body)}
    raise _no_word(node)


def _image_layer(graph: Graph, node: Node) -> Fields:
    op = node.op
    if not isinstance(op, Conv | Pool) or not _is_plain(op):
        raise _no_word(node)
    rows, columns = node.result.shape[2:]
    common: Fields = {"rows": rows, "columns": columns, "stride": op.strides[0]}
    if isinstance(op, Pool):
        return {"kind": "pool", "mean": op.kind == "mean", "size": op.kernel[0], **common}
    weight, bias = _weights(graph, op)
    return {
        "kind": "conv",
        "weights": weight,
        "bias": bias,
        "pad": op.pads[0],
        **common,
        **_activation(op.activation),
    }


def _move(node: Node, is_image: bool) -> tuple[list[Fields], bool]:
    """Return the layers of a reshape or transpose, and whether what comes out is an image."""
    if isinstance(node.op, Transpose):
        if is_image and node.op.permutation == (0, 2, 3, 1):
            return [{"kind": "flattenByPixel"}], False
        raise _no_word(node)
    flat: list[Fields] = [{"kind": "flatten"}] if is_image else []
    if node.result.type.rank == 4:
        return [*flat, _image(node.result.shape)], True
    return flat, False


def _no_word(node: Node) -> NoTextbookError:
    return NoTextbookError(f"the textbook engine has no word for {op_name(node.op)} at {node.layer!r}")


def _image(shape: tuple[int, ...]) -> Fields:
    if shape[0] != 1:
        raise NoTextbookError("the textbook engine takes one image")
    return {"kind": "image", "channels": shape[1], "rows": shape[2], "columns": shape[3]}


def _weights(graph: Graph, op: Dense | Conv) -> tuple[Array, Array]:
    weight = graph.constant(op.weight)
    bias = graph.constant(op.bias)
    if weight is None or (op.bias is not None and bias is None):
        raise NoTextbookError("the textbook engine takes constant weights")
    return weight, np.zeros(len(weight)) if bias is None else bias


def _is_plain(op: Conv | Pool) -> bool:
    """Whether both axes are treated alike, taps are neighbours, and a pool has no borders."""
    if op.x.type.rank != 4 or len(set(op.strides)) > 1 or len(set(op.pads)) > 1 or set(op.dilations) != {1}:
        return False
    if isinstance(op, Conv):
        return op.groups == 1
    return len(set(op.kernel)) == 1 and not any((*op.pads, *op.overhang))


def _activation(body: Scalar) -> Fields:
    known: dict[Scalar, str] = {
        IDENTITY: "none",
        Apply("max", (ZERO, Number(0.0))): "relu",
        Apply("sigmoid", (ZERO,)): "sigmoid",
        Apply("tanh", (ZERO,)): "tanh",
    }
    if body in known:
        return {"activation": known[body], "slope": 0.0}
    negative = Apply("lt", (ZERO, Number(0.0)))
    match body:
        case Apply("where", (condition, Apply("mul", (Argument(0), Number(slope))), Argument(0))):
            if condition == negative:
                return {"activation": "leaky", "slope": slope}
    raise NoTextbookError(f"the textbook engine has no word for the activation {body}")


def _luau(value: object) -> str:
    """Return a field as Luau: numbers as exporters write them, nine digits long."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{value}"'
        case np.ndarray() if value.ndim > 0:
            return f"{{ {', '.join(map(_luau, value))} }}"
        case _:
            return f"{float(value):.9g}"  # type: ignore[arg-type]
