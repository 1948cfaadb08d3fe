"""Small models that ask for more than any machine has are refused, with the node that does, before it is taken."""

from __future__ import annotations

import tracemalloc

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.memory import peak
from onnx2luau.frontends.onnx import import_model
from tests.cases import Array, floats, make_model

node = helper.make_node
MOST_MEMORY = 1 << 30


def model(
    nodes: list[onnx.NodeProto], shapes: dict[str, list[int]], constants: dict[str, Array] | None = None
) -> onnx.ModelProto:
    """Return a model of f32 inputs whose output is what the last node makes."""
    ports = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in shapes.items()
    ]
    result = helper.make_empty_tensor_value_info(nodes[-1].output[0])
    weights = [numpy_helper.from_array(np.asarray(array), name) for name, array in (constants or {}).items()]
    graph = helper.make_graph(nodes, "g", ports, [result], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def calling(functions: dict[str, list[str]], first: str) -> onnx.ModelProto:
    """Return a model that calls `first`; each function calls others one after another."""
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("own", 1)]
    made = []
    for name, calls in functions.items():
        names = ["a", *(f"t{i}" for i in range(1, len(calls))), "z"]
        body = [
            node(each, [names[i]], [names[i + 1]], domain="" if each == "Relu" else "own")
            for i, each in enumerate(calls)
        ]
        made.append(helper.make_function("own", name, ["a"], ["z"], body, opsets))
    result = model([node(first, ["x"], ["y"], domain="own")], {"x": [2]})
    result.functions.extend(made)
    result.opset_import.append(opsets[1])
    return result


def constant(*nodes: onnx.NodeProto, **constants: Array) -> onnx.ModelProto:
    """Return a model that adds the last of some constants to its input [1]."""
    return model([*nodes, node("Add", ["x", nodes[-1].output[0]], ["y"])], {"x": [1]}, constants)


def large_constants() -> onnx.ModelProto:
    """Return 40 constants of nearly the largest size."""
    value = numpy_helper.from_array(np.array([1], np.float32))
    return constant(
        *(node("ConstantOfShape", ["s"], [f"k{i}"], value=value) for i in range(40)), s=np.array([2**26 - 1])
    )


WIDE, HIGH = floats(1, 30000), floats(30000, 1)
REFUSED: dict[str, tuple[onnx.ModelProto, str]] = {
    "functions that double": (
        calling({"f0": ["Relu"], **{f"f{i}": [f"f{i - 1}"] * 2 for i in range(1, 31)}}, "f30"),
        "with the function 'f30' inlined the model has more than 100,000 nodes",
    ),
    "functions that call themselves": (
        calling({"f": ["g"], "g": ["f"]}, "f"),
        "the function 'f' calls itself, so it never ends",
    ),
    "functions 3,000 deep": (
        calling({"f0": ["Relu"], **{f"f{i}": [f"f{i - 1}"] for i in range(1, 3000)}}, "f2999"),
        "more than 100 functions lie inside each other",
    ),
    "tensors that double": (
        model(
            [node("Concat", [f"t{i}" if i else "x"] * 2, [f"t{i + 1}"], axis=0) for i in range(40)],
            {"x": [4]},
        ),
        "the Concat at node that makes 't25' makes f32[134217728]",
    ),
    "constants that double": (
        constant(*(node("Concat", [f"t{i}"] * 2, [f"t{i + 1}"], axis=0) for i in range(40)), t0=floats(4)),
        "the constant Concat at node that makes 't25' would have 134,217,728 elements",
    ),
    "an outer sum": (
        model(
            [node("Add", ["a", "b"], ["s"]), node("ReduceSum", ["s"], ["y"])], {"a": [30000, 1], "b": [30000]}
        ),
        "the Add at node that makes 's' makes f32[30000,30000]",
    ),
    "a constant outer sum": (
        constant(node("Add", ["a", "b"], ["s"]), a=WIDE, b=HIGH),
        "the constant Add at node that makes 's' would have 900,000,000 elements",
    ),
    "a constant choice": (
        constant(node("Where", ["m", "a", "b"], ["s"]), m=HIGH > 0, a=WIDE, b=np.float32(0)),
        "the constant Where at node that makes 's' would have 900,000,000 elements",
    ),
    "many large constants": (
        large_constants(),
        "the constants that are computed while compiling take more than 1,024 MB",
    ),
    "a range without end": (
        constant(
            node("Range", ["a", "b", "c"], ["s"]), a=np.float32(0), b=np.float32(np.inf), c=np.float32(1)
        ),
        "the constant Range at node that makes 's' would have inf elements",
    ),
    "a range of arrays": (
        constant(node("Range", ["a", "a", "a"], ["s"]), a=floats(3)),
        "the constant Range at node that makes 's' can't be computed",
    ),
    "a short-time Fourier transform": (
        constant(
            node("STFT", ["s", "n", "w"], ["q"]), s=floats(1, 30000, 1), n=np.array(20), w=floats(10007)
        ),
        "the constant STFT at node that makes 'q' takes too long to compute",
    ),
    "dots": (
        model([node("Einsum", ["x"], ["y"], equation="." * 48)], {"x": [2]}),
        "which can't be read; a term is letters and at most one '...'",
    ),
    "large tensors beside each other": (
        model([node("Relu", ["x"], ["y"])], {"x": [1, 2**26]}),
        "at node 'Relu y' the network needs 134,217,728 numbers at once",
    ),
    "many inputs": (
        model(
            [node("Concat", [f"x{i}" for i in range(20_000)], ["y"], axis=0)],
            {f"x{i}": [1] for i in range(20_000)},
        ),
        "the model has 20,001 inputs and outputs, and a build has at most 1,000; give the model fewer",
    ),
    "an input of many axes": (model([node("Relu", ["x"], ["y"])], {"x": [1] * 65}), "has more than 64 axes"),
    "a tensor of many axes": (
        model([node("Reshape", ["x", "s"], ["y"])], {"x": [1]}, {"s": np.ones(65, np.int64)}),
        "more than the 64 axes that are supported",
    ),
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_is_refused_before_it_is_taken(name: str) -> None:
    large, sentence = REFUSED[name]
    tracemalloc.start()
    try:
        with pytest.raises(ModelError) as caught:
            import_model(large, "model")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(caught.value).startswith("model: ")
    assert sentence in str(caught.value)
    assert most < MOST_MEMORY


def test_weights_of_a_usual_size_pass() -> None:
    """26 million numbers, as in a residual network of 50 layers."""
    weights = {"a": np.ones((5000, 4000), np.float32), "b": np.ones((4000, 1500), np.float32)}
    nodes = [node("MatMul", ["x", "a"], ["h"]), node("MatMul", ["h", "b"], ["y"])]
    graph = import_model(model(nodes, {"x": [1, 5000]}, weights), "model")
    assert peak(graph)[0] == 26_000_000 + 5000 + 4000 + 1500


def test_tensors_that_are_no_longer_read_make_room() -> None:
    nodes = [node("Relu" if i % 2 else "Neg", [f"t{i}" if i else "x"], [f"t{i + 1}"]) for i in range(50)]
    graph = import_model(make_model(nodes, {"x": floats(1, 1000)}, ["t50"]), "model")
    assert peak(graph)[0] == 4 * 1000


def test_weights_that_are_listed_as_inputs_are_none() -> None:
    weights = {f"w{i}": floats(1) for i in range(1100)}
    nodes = [node("Concat", ["x", *weights], ["y"], axis=0)]
    listed = model(nodes, {"x": [1], **{name: [1] for name in weights}}, weights)
    assert len(import_model(listed, "model").inputs) == 1
