"""A rewrite as text: the lines of a graph before and after a pass."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rewrite:
    """Without `after`, the pass must leave the graph as it is."""

    name: str
    before: str
    after: str = ""


DENSE = """
input %x : f32[1,2] = "x"
const %w : f32[3,2] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
"""


def graph(body: str) -> str:
    """Return the text of a graph around some lines."""
    lines = [line.strip() for line in body.splitlines() if line.strip()]
    return "\n".join(['graph "case" {', *(f"  {line}" for line in lines), "}"]) + "\n"
