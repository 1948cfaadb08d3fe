"""One of two bodies, chosen by a condition."""

from __future__ import annotations

from dataclasses import dataclass

from onnx2luau.compiler.ir.bodied import Bodied, check_inputs, output_types
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.types import DType, TensorType
from onnx2luau.compiler.ir.values import Value


@dataclass(frozen=True)
class Branch(Bodied):
    """then(captured) if the condition holds, otherwise(captured) if not. ONNX If-13.

    condition: [] bool; both bodies take what is captured and make values of the same types, the results.
    """

    condition: Value
    captured: tuple[Value, ...]
    then: Graph
    otherwise: Graph

    @property
    def given(self) -> tuple[Value | None, ...]:
        """What is captured."""
        return self.captured

    @property
    def decides(self) -> bool:
        """By its condition."""
        return True

    def result_types(self) -> tuple[TensorType, ...]:
        """Results: what a body makes."""
        if (self.condition.type.dtype, self.condition.type.size) != (DType.BOOL, 1):
            raise ValueError(f"branch is decided by a single bool, not by {self.condition.type}")
        for graph in self.graphs:
            check_inputs("branch", graph, [value.type for value in self.captured])
        if output_types(self.then) != output_types(self.otherwise):
            raise ValueError("the two bodies of this branch make values of different types")
        return tuple(output_types(self.then))
