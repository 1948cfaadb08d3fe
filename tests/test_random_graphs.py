"""Random graphs of small tensors: branches that join, tensors read twice, several inputs and outputs."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper

from onnx2luau.backends.luau.lune import Lune
from onnx2luau.backends.luau.options import TARGETS
from tests.cases import Array, Case, make_model, prove

UNARY = ["Relu", "Tanh", "Sigmoid", "Neg", "Abs", "Softplus", "Softsign", "HardSwish", "Identity", "Elu"]
BINARY = ["Add", "Sub", "Mul", "Max", "Min"]
LONGEST_AXIS = 12
Shape = tuple[int, ...]


class Drawn:
    """A graph that grows node by node, every tensor's shape known."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, Array] = {}
        extents = [self.random.choice([1, 2, 3, 4]) for _ in range(3)]
        self.inputs = {
            f"x{index}": self.tensor(tuple(self.random.choice([each, 1]) for each in extents))
            for index in range(self.random.randint(1, 3))
        }
        self.shapes: dict[str, Shape] = {name: array.shape for name, array in self.inputs.items()}

    def tensor(self, shape: Shape) -> Array:
        return self.numbers.standard_normal(shape).astype(np.float32)

    def pick(self) -> tuple[str, Shape]:
        return self.random.choice(list(self.shapes.items()))

    def constant(self, array: Array) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = array
        return name

    def add(self, operator: str, inputs: list[str], shape: Shape, **attributes: object) -> None:
        name = f"t{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(operator, inputs, [name], name=f"n{len(self.nodes)}", **attributes)
        )
        self.shapes[name] = shape

    def case(self) -> Case:
        made = [node.output[0] for node in self.nodes]
        others = self.random.sample(made, self.random.randint(0, min(3, len(made))))
        outputs = list(dict.fromkeys([made[-1], *others]))
        model = make_model(self.nodes, self.inputs, outputs, self.constants)
        # As drawn, all zeros, and larger.
        samples = {name: np.stack([array, array * 0, array * 3]) for name, array in self.inputs.items()}
        return Case("random graph", model, samples)


def unary(g: Drawn) -> None:
    a, shape = g.pick()
    g.add(g.random.choice(UNARY), [a], shape)


def binary(g: Drawn) -> None:
    (a, left), (b, right) = g.pick(), g.pick()
    if g.random.random() < 0.3:
        right = tuple(g.random.choice([extent, 1]) for extent in left)
        b = g.constant(g.tensor(right))
    try:
        shape = np.broadcast_shapes(left, right)
    except ValueError:
        return
    g.add(g.random.choice(BINARY), g.random.sample([a, b], 2), shape)


def product(g: Drawn) -> None:
    a, shape = g.pick()
    outputs = g.random.choice([1, 3, 5])
    g.add("MatMul", [a, g.constant(g.tensor((shape[-1], outputs)) / 2)], (*shape[:-1], outputs))


def transpose(g: Drawn) -> None:
    a, shape = g.pick()
    order = g.random.sample(range(len(shape)), len(shape))
    g.add("Transpose", [a], tuple(shape[axis] for axis in order), perm=order)


def reduction(g: Drawn) -> None:
    a, shape = g.pick()
    axis = g.random.randrange(len(shape))
    kept = tuple(1 if position == axis else extent for position, extent in enumerate(shape))
    operator = g.random.choice(["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin"])
    g.add(operator, [a, g.constant(np.array([axis]))], kept)


def concat(g: Drawn) -> None:
    a, shape = g.pick()
    axis = g.random.randrange(len(shape))
    parts = [a] * g.random.choice([1, 2])
    extent = shape[axis] * len(parts)
    if extent <= LONGEST_AXIS:
        g.add("Concat", parts, (*shape[:axis], extent, *shape[axis + 1 :]), axis=axis)


def reshape(g: Drawn) -> None:
    a, shape = g.pick()
    size = int(np.prod(shape))
    rows = g.random.choice([extent for extent in range(1, size + 1) if size % extent == 0])
    g.add("Reshape", [a, g.constant(np.array([rows, -1]))], (rows, size // rows))


def softmax(g: Drawn) -> None:
    a, shape = g.pick()
    g.add(g.random.choice(["Softmax", "LogSoftmax"]), [a], shape, axis=g.random.randrange(len(shape)))


STEPS: list[Callable[[Drawn], None]] = [
    *[unary, binary] * 3,
    *(product, transpose, reduction, concat, reshape, softmax),
]


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=settings().max_examples * 4)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_graph(seed: int, target: str, lunes: dict[str, Lune]) -> None:
    graph = Drawn(seed)
    unary(graph)
    for _ in range(graph.random.randint(4, 25)):
        graph.random.choice(STEPS)(graph)
    # A folder of its own for each graph: Luau keeps modules it has loaded by their path.
    with tempfile.TemporaryDirectory(prefix="onnx2luau-test-") as folder:
        prove(graph.case(), Path(folder), lunes[target])
