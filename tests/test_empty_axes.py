"""Tensors without elements: every operator, with every axis of every operand empty in turn.

Each such model is refused by a sentence, or computes what ONNX Runtime computes. Inputs of models always have
elements, so an operand is emptied by a slice before the operator, and a constant is empty from the start.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

import tests.ops
from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.lune.lune import Lune
from onnx2luau.compiler.agreement import compare
from onnx2luau.compiler.errors import ModelError
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from onnx2luau.proof.oracle import Oracle
from onnx2luau.proof.verify import reference_outputs
from onnx2luau.samples.samples import Samples
from onnx2luau.source import Source
from tests.cases import Array, Case, case, floats, make_model, oracle_outputs, prove_luau

LARGEST_RANK = 4
OLDEST = 13
"""The opset from which on an operator's bounds and axes are operands."""
REFUSED = {
    # ONNX Runtime gives 0 or an infinity where there is nothing to choose from.
    *("ReduceMax", "ReduceMin", "ReduceMean", "ReduceLogSumExp", "MeanVarianceNormalization"),
    # A bias without elements, which ONNX Runtime takes for none.
    "LayerNormalization",
}
X = floats(2, 3)
MORE = [
    case("Concat", X, floats(2, 1, seed=1), constant=(1,), axis=1),
    case("MatMul", X, floats(3, 4, seed=1), constant=(1,)),
    case("MatMul", X, floats(3, 4, seed=1), name="of inputs"),
    case("Gemm", X, floats(3, 4, seed=1), floats(4, seed=2), constant=(1, 2), name="biased"),
    case(
        "Conv", floats(2, 2, 5), floats(3, 2, 2, seed=1), floats(3, seed=2), constant=(1, 2), name="one axis"
    ),
    case("Conv", floats(1, 2, 5, 4), floats(4, 1, 2, 2, seed=1), constant=(1,), group=2, name="in groups"),
    case("MaxPool", floats(1, 2, 4), kernel_shape=[2], pads=[1, 1], name="padded"),
    case("AveragePool", floats(1, 2, 4), kernel_shape=[2], pads=[1, 1], name="padded"),
    case("Pad", X, np.array([1, 2, 0, 3]), constant=(1,), name="by numbers"),
]


def first_cases() -> dict[str, Case]:
    """Return for each operator its first case with an operand that has axes, by whether it has constants."""
    found = {tested.name: tested for tested in MORE}
    for entry in pkgutil.iter_modules(tests.ops.__path__):
        for tested in importlib.import_module(f"tests.ops.{entry.name}").CASES:
            graph, (opset,) = tested.model.graph, tested.model.opset_import
            has_axes = any(each[0].ndim for each in tested.samples.values())
            if len(graph.node) != 1 or opset.version < OLDEST or not has_axes:
                continue
            form = "with constants" if graph.initializer else "alone"
            found.setdefault(f"{graph.node[0].op_type} {form}", tested)
    return found


def operands(tested: Case) -> dict[str, Array]:
    """Return the operands of a case of one node, by name."""
    known = {each.name: numpy_helper.to_array(each) for each in tested.model.graph.initializer}
    return {name: array[0] for name, array in tested.samples.items()} | known


def emptied(tested: Case, chosen: dict[str, int]) -> Case:
    """Return a case of one node with one axis of each chosen operand empty."""
    (original,) = tested.model.graph.node
    node = onnx.NodeProto()
    node.CopyFrom(original)
    nodes = []
    constants = {each.name: numpy_helper.to_array(each) for each in tested.model.graph.initializer}
    inputs = {name: array[0] for name, array in tested.samples.items()}
    for name, axis in chosen.items():
        if name in constants:
            constants[name] = np.take(constants[name], [], axis)
            continue
        constants |= {"nothing": np.zeros(1, np.int64), f"{name} axis": np.array([axis])}
        nodes.append(helper.make_node("Slice", [name, "nothing", "nothing", f"{name} axis"], [f"no {name}"]))
        node.input[:] = [f"no {name}" if each == name else each for each in node.input]
    (opset,) = tested.model.opset_import
    outputs = [each for each in node.output if each]
    model = make_model([*nodes, node], inputs, outputs, constants, opset.version)
    return Case(f"{node.op_type} {chosen}", model, dict(tested.samples))


def variants(tested: Case) -> Iterator[dict[str, int]]:
    """Yield every choice of an axis, of one operand and, where several have it, of all of them."""
    known = operands(tested)
    names = [name for name in tested.model.graph.node[0].input if name]
    for axis in range(LARGEST_RANK):
        having = [name for name in names if known[name].ndim > axis]
        for name in having:
            yield {name: axis}
        if len(having) > 1:
            yield dict.fromkeys(having, axis)


CASES = [
    pytest.param(tested, chosen, id=f"{name}: {', '.join(f'{k} axis {v}' for k, v in chosen.items())}")
    for name, tested in first_cases().items()
    for chosen in variants(tested)
]


def right_outputs(tested: Case) -> Samples | None:
    """Return ONNX Runtime's outputs; None if it does not run the model."""
    try:
        return oracle_outputs(Oracle(Source(tested.model, tested.name, "", "")), tested.samples)
    except Exception:  # ONNX Runtime has many, and no base of them all.
        return None


def compiled(empty: Case) -> Graph | str:
    """Return the graph of a model, or why it is refused."""
    try:
        return run_pipeline(import_model(empty.model, empty.name, allow_nonfinite=True))
    except ModelError as error:
        return str(error)


@pytest.mark.parametrize(("tested", "chosen"), CASES)
def test_an_operator_without_elements(
    tested: Case, chosen: dict[str, int], client: Lune, tmp_path: Path
) -> None:
    empty = emptied(tested, chosen)
    expected = right_outputs(empty)
    graph = compiled(empty)
    if isinstance(graph, str):
        operator = tested.model.graph.node[0].op_type
        assert operator in graph
        assert expected is None or operator in REFUSED, graph
        return
    reference = reference_outputs(graph, empty.samples)
    if expected is not None:
        agreement = compare(reference, expected)
        assert agreement.agrees, agreement.difference
        assert {name: each.shape for name, each in reference.items()} == {
            name: each.shape for name, each in expected.items()
        }
    prove_luau(graph, empty.samples, expected or reference, tmp_path, client, Options())
