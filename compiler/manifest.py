"""manifest.json: what a build was made from, and what was measured of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.ir.graph import Port
from onnx2luau.compiler.ir.types import DType, TensorType
from onnx2luau.compiler.ir.values import Value

FORMAT = 2


@dataclass(frozen=True)
class Manifest:
    """The contents of manifest.json; every field is plain JSON."""

    name: str
    onnx2luau: str
    source: dict[str, str]
    """`file` and `sha256`; a model from memory has no file."""
    options: dict[str, Any]
    inputs: list[dict[str, Any]]
    """For each: `name`, `shape`, `dtype`, and whether the first axis is the `batch`, which is 1."""
    outputs: list[dict[str, Any]]
    parameters: int
    multiply_adds: int
    layers: list[dict[str, Any]]
    """For each: name of its function, layer and tensor in the model, shape, schedule, cost, stored bytes.

    `measured` is there if the schedule was chosen by measuring: microseconds by schedule.
    """
    files: dict[str, int]
    """Size in bytes by path, this file left out."""
    verification: dict[str, Any] | None = None
    """Figures against ONNX Runtime, or null for a build that was not verified."""
    format: int = field(default=FORMAT)

    def input_ports(self) -> tuple[Port, ...]:
        """Return the inputs as a graph has them."""
        return tuple(
            Port(port["name"], Value("input", TensorType(DType(port["dtype"]), tuple(port["shape"]))))
            for port in self.inputs
        )

    def text(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=True) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Read a build's manifest; UsageError when the folder is not a build."""
    path = folder / "manifest.json"
    try:
        data: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
        if data.get("format") != FORMAT:
            raise UsageError(f"{folder} was built by another version of onnx2luau; compile it again")
        return Manifest(**data)
    except FileNotFoundError:
        raise UsageError(
            f"{folder} is not a build: it has no manifest.json; `onnx2luau compile` makes one"
        ) from None
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} can't be read: {error}") from None
