"""A kernel: one function of the generated code, and how it was chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from onnx2luau.compiler.ir.graph import Node
from onnx2luau.compiler.ir.ops import op_name
from onnx2luau.compiler.ir.values import Value

if TYPE_CHECKING:
    from onnx2luau.backends.luau.program.program import Program


@dataclass(frozen=True)
class Match:
    """A way to compute the nodes of a kernel that is right for them."""

    cost: float
    """The nanoseconds that a run is expected to take."""
    emit: Callable[[Any], None]
    """Writes the statements into the function that it is given (`emit/kernel_function.py`)."""
    title: str = ""
    """What several nodes are called together, for comments."""
    by_element: bool = False
    """Whether it reaches its result by `f.element` alone, so that this may be a part of another's table."""
    stores_once: bool = False
    """Whether each element goes through `f.store` and is final then, unless more is done to it there."""


@dataclass(frozen=True)
class Kernel:
    """One or several nodes, computed by one function."""

    name: str
    """The function's."""
    nodes: tuple[Node, ...]
    own_names: tuple[str, ...]
    """What the functions of its nodes would be called, each apart."""
    schedule: str
    match: Match
    alternatives: tuple[str, ...]
    """Every schedule that would be right, the chosen one among them; none where there is only one way."""
    bodies: tuple[Program, ...] = ()
    """Those of its node's graphs."""

    @property
    def layer(self) -> str:
        """What the model calls its nodes; any text."""
        return ", ".join(node.layer for node in self.nodes)

    @property
    def last(self) -> Node:
        """The node that makes its results."""
        return self.nodes[-1]

    @property
    def kind(self) -> str:
        """The name of its op, or of what its nodes are together."""
        return self.match.title or op_name(self.last.op)

    @property
    def reads(self) -> tuple[Value, ...]:
        """What it reads, constants too, each once, in the order of its nodes."""
        inner = {value for node in self.nodes for value in node.results}
        operands = (value for node in self.nodes for value in node.op.operands)
        return tuple(dict.fromkeys(value for value in operands if value not in inner))

    @property
    def writes(self) -> tuple[Value, ...]:
        """What others can read of it."""
        return self.last.results

    @property
    def known_as(self) -> tuple[str, ...]:
        """Every name by which users may choose its schedule."""
        layers = (node.layer for node in self.nodes)
        return tuple(dict.fromkeys((self.name, self.layer, *self.own_names, *layers)))
