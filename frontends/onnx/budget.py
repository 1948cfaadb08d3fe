"""What a model may ask for while it is compiled: small files can ask for more than any machine has."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from onnx2luau.compiler.errors import ModelError

MOST_NODES = 100_000
"""After the definitions of functions and operators have taken the place of their calls."""
MOST_BYTES = 2**30
"""Of all constants that are computed while compiling, and of all weights in files beside the model."""
MOST_SECONDS = 60.0
"""For computing constants."""


@dataclass
class Budget:
    """What is left of all that; ModelError names the node that asked for more."""

    model: str
    nodes: int = MOST_NODES
    bytes: int = MOST_BYTES
    seconds: float = field(default=MOST_SECONDS)

    def take_nodes(self, count: int, where: str) -> None:
        """Take nodes into the graph."""
        self.nodes -= count
        if self.nodes < 0:
            raise ModelError(
                f"{self.model}: with {where} the model has more than {MOST_NODES:,} nodes; simplify it"
            )

    def take_bytes(self, count: float, where: str) -> None:
        """Take memory for a constant, before it is computed."""
        self.bytes -= int(min(count, 2.0**62))
        if self.bytes < 0:
            raise ModelError(
                f"{self.model}: with {where} the constants that are computed while compiling take more than "
                f"{MOST_BYTES >> 20:,} MB; simplify the model"
            )

    def take_time(self, since: float, where: str) -> None:
        """Take the time that has gone by since `since`, of `time.monotonic`."""
        self.seconds -= time.monotonic() - since
        if self.seconds < 0:
            raise ModelError(
                f"{self.model}: with {where} computing constants takes more than {MOST_SECONDS:.0f} seconds; "
                "simplify the model"
            )
