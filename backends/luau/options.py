"""What a user can choose about the generated code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from onnx2luau.compiler.ir.graph import Node

TARGETS = ("client", "server")
WEIGHTS = ("f32", "f16", "int8")
ENCODINGS = ("base64", "table")


@dataclass(frozen=True)
class Options:
    """How a graph is to become Luau; the same graph and options give the same bytes."""

    target: str = "client"
    """`client`: Luau's interpreter; `server`: native code."""
    weights: str = "f32"
    """How the matrices of heavy layers are stored."""
    encoding: str = "base64"
    """How stored numbers are written: compact, or readable."""
    schedules: Mapping[str, str] = field(default_factory=dict)
    """A schedule by layer, in the place of the cheapest."""

    def schedule(self, name: str, node: Node) -> str | None:
        """Return the schedule that is wanted for a layer, by its function's name or the model's."""
        return self.schedules.get(name) or self.schedules.get(node.layer)

    def __post_init__(self) -> None:
        for given, known in ((self.target, TARGETS), (self.weights, WEIGHTS), (self.encoding, ENCODINGS)):
            if given not in known:
                raise ValueError(f"{given!r} is none of {', '.join(known)}")
