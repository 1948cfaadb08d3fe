"""A program: the kernels of a build in the order they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from onnx2luau.backends.luau.program.kernel import Kernel
from onnx2luau.backends.luau.program.layouts import ROWS, Layout
from onnx2luau.backends.luau.program.site import Site
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.ir.values import Value


def all_kernels(program: Program) -> list[Kernel]:
    """Return the kernels of a program, and those of the bodies inside it."""
    inner = [each for kernel in program.kernels for body in kernel.bodies for each in all_kernels(body)]
    return [*program.kernels, *inner]


@dataclass(frozen=True)
class Program:
    """What is decided before any slot is given and any line is written."""

    graph: Graph
    target: str
    kernels: tuple[Kernel, ...]
    layouts: Mapping[Value, Layout]
    """Of the tensors that are not simply `Rows`."""
    densities: Mapping[Value, float]
    """By the result of a layer: the share of its inputs that is expected not to be zero."""
    samples: Program | None = None
    """How the first kernels are computed for three samples at once, if that is faster."""
    steps: int = 0
    """Of such a program: how many kernels of the whole program it stands for."""

    def renamed(self, names: Mapping[str, str]) -> Program:
        """Return the program with other names for its functions."""
        return replace(self, kernels=tuple(replace(each, name=names[each.name]) for each in self.kernels))

    def layout(self, value: Value) -> Layout:
        """Return how a tensor lies in memory."""
        return self.layouts.get(value, ROWS)

    def site(self, kernel: Kernel) -> Site:
        """Return what is known around a kernel."""
        return Site(
            kernel.nodes, self.target, self.graph.constants, self.layouts, self.densities, kernel.bodies
        )

    @property
    def cost(self) -> float:
        """The nanoseconds that a run is expected to take."""
        return sum(kernel.match.cost for kernel in self.kernels)
