"""What users want of single layers: a schedule by name, or that a layer is computed apart from others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onnx2luau.backends.luau.program import Kernel
from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.ir.graph import Node
from onnx2luau.compiler.ir.values import Value

APART = "apart"
"""Instead of a schedule: not together with other layers, but by the cheapest one."""


@dataclass(frozen=True)
class Wishes:
    """Schedules by the name of a function, or by the name that the model has for a layer."""

    schedules: Mapping[str, str]
    names: Mapping[Value, str]
    """Of the functions, by result."""

    def of(self, node: Node) -> str | None:
        """Return what is wanted for one node, or None."""
        return self.schedules.get(self.names[node.result]) or self.schedules.get(node.layer)

    def schedule_of(self, node: Node, known: Sequence[str], right: Sequence[str]) -> str | None:
        """Return the schedule that is wanted for a node; UsageError for one that is unknown or not right."""
        wanted, name = self.of(node), self.names[node.result]
        if wanted is None or wanted == APART:
            return None
        if wanted not in known:
            raise UsageError(f"{name!r} has no schedule {wanted!r}; there are {', '.join(known)}")
        if wanted not in right:
            raise UsageError(f"the schedule {wanted!r} would not be right for {name!r}; leave it out")
        return wanted

    def allow(self, nodes: Sequence[Node], fusion: str) -> bool:
        """Whether several nodes may be one kernel; UsageError for another wish for all of them."""
        name = ", ".join(node.layer for node in nodes)
        whole = self.schedules.get(name)
        if whole not in (None, fusion, APART):
            raise UsageError(f"{name!r} has no schedule {whole!r}; there are {fusion}, {APART}")
        return {whole, *map(self.of, nodes)} <= {None, fusion}

    def check(self, kernels: Sequence[Kernel], groups: Sequence[Sequence[Node]]) -> None:
        """Raise UsageError for a wish that no layer has: a misspelt name must not pass unseen.

        `groups` are nodes that could be one kernel, whether or not they are.
        """
        choosable = [kernel for kernel in kernels if kernel.alternatives]
        known = {name for kernel in choosable for name in kernel.known_as}
        known |= {", ".join(node.layer for node in nodes) for nodes in groups}
        for wanted in self.schedules:
            if wanted not in known:
                names = ", ".join(kernel.name for kernel in choosable) or "none"
                raise UsageError(f"there is no layer {wanted!r} to choose a schedule for; there are {names}")
