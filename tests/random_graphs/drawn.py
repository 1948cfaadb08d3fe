"""A graph that grows node by node, every tensor's shape and type known."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper

from onnx2luau.frontends.onnx.selection import reads
from tests.cases import Array, make_model

Shape = tuple[int, ...]
F32, I32, I64, BOOL = (np.dtype(name) for name in ("float32", "int32", "int64", "bool"))
NEWEST = 3
GRID = [0.0, -0.0, 1.0, -1.0, 2.0, -3.0, 0.5, -0.5, 1.5, 2.5, 0.1, -0.3, 0.7, 1 / 3, 10.0, 100.0]


@dataclass(frozen=True)
class Tensor:
    """What a node reads or gives."""

    name: str
    shape: Shape
    dtype: np.dtype[np.generic] = F32
    is_exact: bool = True
    """Whether IEEE 754 says what each number is, so that it may decide something. An exponential is not exact."""


class Drawn:
    """A graph, and the random numbers that it is made with."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.prefix = ""
        """Of the names of tensors; inside a body it is one of its own."""
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, Array] = {}
        extents = [self.random.choice([1, 2, 3, 4]) for _ in range(3)]
        self.inputs = [
            Tensor(
                f"x{index}", tuple(self.random.choice([each, 1]) for each in extents), self._input_type(index)
            )
            for index in range(self.random.randint(1, 3))
        ]
        self.tensors = list(self.inputs)

    def _input_type(self, index: int) -> np.dtype[np.generic]:
        return F32 if index == 0 else self.random.choice([F32, F32, F32, I64, I32, BOOL])

    def inside(self, prefix: str, inputs: Sequence[Tensor]) -> Drawn:
        """Return a graph inside this one, which has the same random numbers and constants."""
        inner = copy.copy(self)
        inner.prefix, inner.nodes, inner.tensors = f"{self.prefix}{prefix}", [], list(inputs)
        return inner

    def pick(self, dtype: np.dtype[np.generic] = F32, is_exact: bool = False) -> Tensor | None:
        """Return a tensor of a type, an exact one if that is asked, mostly of the newest; None if there is none."""
        fitting = [each for each in self.tensors if each.dtype == dtype and (each.is_exact or not is_exact)]
        newest = fitting[-NEWEST:] if self.random.random() < 0.8 else fitting
        return self.random.choice(newest) if newest else None

    def floats(self, shape: Shape) -> Array:
        """Return normal numbers, or some of a grid on which ties and roundings lie."""
        if self.random.random() < 0.5:
            return self.numbers.standard_normal(shape).astype(np.float32)
        return self.numbers.choice(GRID, shape).astype(np.float32)

    def integers(self, shape: Shape, dtype: np.dtype[np.generic]) -> Array:
        return self.numbers.integers(-5, 6, shape).astype(dtype)

    def constant(self, array: Array) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = array
        return name

    def add(
        self,
        operator: str,
        inputs: list[str],
        shape: Shape,
        dtype: np.dtype[np.generic] = F32,
        is_exact: bool = False,
        **attributes: object,
    ) -> Tensor:
        """Add a node of one result and return it."""
        (made,) = self.add_all(operator, inputs, [(shape, dtype)], is_exact, **attributes)
        return made

    def add_all(
        self,
        operator: str,
        inputs: list[str],
        results: list[tuple[Shape, np.dtype[np.generic]]],
        is_exact: bool,
        **attributes: object,
    ) -> list[Tensor]:
        """Add a node and return its results."""
        stem = f"{self.prefix}t{len(self.nodes)}"
        made = [
            Tensor(f"{stem}{'abc'[place - 1]}" if place else stem, shape, dtype, is_exact)
            for place, (shape, dtype) in enumerate(results)
        ]
        names = [each.name for each in made]
        self.nodes.append(
            helper.make_node(operator, inputs, names, name=f"{self.prefix}n{len(self.nodes)}", **attributes)
        )
        self.tensors += made
        return made

    def outputs(self) -> list[str]:
        """Return the last tensor and some of those that nobody reads."""
        read = {name for node in self.nodes for name in reads(node)}
        ends = [name for node in self.nodes for name in node.output if name not in read]
        ends.remove(self.nodes[-1].output[0])
        others = self.random.sample(ends, self.random.randint(0, min(3, len(ends))))
        return [self.nodes[-1].output[0], *others]

    def model(self, outputs: list[str]) -> onnx.ModelProto:
        """Return the model of some tensors: the nodes they need and all inputs."""
        wanted, needed = set(outputs), []
        for node in reversed(self.nodes):
            if wanted & set(node.output):
                needed.append(node)
                wanted |= reads(node)
        inputs = {each.name: np.zeros(each.shape, each.dtype) for each in self.inputs}
        constants = {name: array for name, array in self.constants.items() if name in wanted}
        return make_model(needed[::-1], inputs, outputs, constants)
