"""manifest.json: what a build was made from, and what was measured of it."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NotRequired

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from onnx2luau.backends.luau.options import ENCODINGS, TARGETS, WEIGHTS
from onnx2luau.backends.lune.run_time import Work
from onnx2luau.builds.contents import MANIFEST, FileEntry, read_bounded, signature
from onnx2luau.builds.leftovers import recover
from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.ir.graph import Port
from onnx2luau.compiler.ir.limits import LARGEST_TENSOR
from onnx2luau.compiler.ir.types import DType, TensorType
from onnx2luau.compiler.ir.values import Value

FORMAT = signature("build")
MODULE = "Model.luau"
AGAIN = "compile the model again"


def _static(shape: list[int]) -> list[int]:
    if math.prod(shape) > LARGEST_TENSOR:
        raise ValueError(f"a tensor has at most {LARGEST_TENSOR:,} elements")
    return shape


def _named(ports: list[PortEntry]) -> list[PortEntry]:
    if any(port["batch"] and port["shape"][:1] != [1] for port in ports):
        raise ValueError("an axis that is the batch is 1")
    if len({port["name"] for port in ports}) < len(ports):
        raise ValueError("the names of inputs, and those of outputs, are all different")
    return ports


def _inside(path: str) -> str:
    if not re.fullmatch(r"[\w.]+(/[\w.]+)*", path, re.ASCII) or {"..", "."} & set(path.split("/")):
        raise ValueError("the path of a file is one below the build")
    return path


def _one_of(names: Sequence[str]) -> Any:
    return Field(pattern=f"^({'|'.join(names)})$")


Count = Annotated[int, Field(ge=0)]
Shape = Annotated[list[Count], Field(max_length=64), AfterValidator(_static)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class SourceEntry(TypedDict):
    """The model's file, empty for a model from memory."""

    file: str
    sha256: Digest


class OptionsEntry(TypedDict):
    """`backends/luau/options.py` as JSON."""

    target: Annotated[str, _one_of(TARGETS)]
    weights: Annotated[str, _one_of(WEIGHTS)]
    encoding: Annotated[str, _one_of(ENCODINGS)]
    schedules: dict[str, str]


class PortEntry(TypedDict):
    """An input or output."""

    name: str
    shape: Shape
    dtype: Annotated[str, _one_of([dtype.value for dtype in DType])]
    batch: bool
    """Whether the first axis is the batch, which is 1."""


class LayerEntry(TypedDict):
    """A layer: the name of its function, its layer and tensor in the model, its cost, its stored bytes."""

    name: str
    layer: str
    tensor: str
    value: str
    shape: Shape
    schedule: str
    multiply_adds: Count
    parameters: Count
    bytes: Count
    measured: NotRequired[dict[str, Annotated[float, Field(ge=0)]]]
    """Microseconds by schedule, if that was chosen by measuring."""


@dataclass(frozen=True)
class Manifest:
    """The contents of manifest.json; every field is plain JSON."""

    name: str
    onnx2luau: str
    source: SourceEntry
    options: OptionsEntry
    inputs: Annotated[list[PortEntry], AfterValidator(_named)]
    outputs: Annotated[list[PortEntry], Field(min_length=1), AfterValidator(_named)]
    parameters: Count
    multiply_adds: Count
    layers: list[LayerEntry]
    files: dict[Annotated[str, AfterValidator(_inside)], FileEntry]
    """By path, this file left out."""
    selected: list[str] = field(default_factory=list)
    """The tensors that were asked for in the place of the model's own outputs, if they were."""
    states: dict[str, str] = field(default_factory=dict)
    """Inputs of the model that are given what outputs were the call before, by name."""
    verification: dict[str, Any] | None = None
    """Figures against ONNX Runtime, or null for a build that was not verified."""
    format: Annotated[str, Field(pattern=f"^{FORMAT}$")] = FORMAT

    @property
    def work(self) -> Work:
        """What a run of the build takes."""
        shapes = [each["shape"] for each in (*self.inputs, *self.layers)]
        return Work(self.multiply_adds, sum(map(math.prod, shapes)), self.parameters)

    @property
    def bytes(self) -> int:
        """The size of the build, this file left out."""
        return sum(entry["bytes"] for entry in self.files.values())

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
    """Read a build's manifest. UsageError when the folder is not a build, or is not whole."""
    path = folder / MANIFEST
    try:
        if not os.path.lexists(folder):
            recover(folder.parent.resolve() / folder.name)  # a build that was moved aside may be put back
        manifest = _manifests().validate_json(read_bounded(path), strict=True)
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(
            f"{folder} is not a build: it has no manifest.json; `onnx2luau compile` makes one"
        ) from None
    except ValidationError as error:
        raise UsageError(f"{path} {_reason(error)}; {AGAIN}") from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UsageError(f"{path} can't be read: {reason}") from None
    lost = [name for name in dict.fromkeys((MODULE, *manifest.files)) if not (folder / name).is_file()]
    if lost:
        more = f" and {len(lost) - 1:,} more files" if len(lost) > 1 else ""
        raise UsageError(f"{folder} has lost its {lost[0]}{more}; {AGAIN}")
    return manifest


@cache
def _manifests() -> TypeAdapter[Manifest]:
    return TypeAdapter(Manifest)


def _reason(error: ValidationError) -> str:
    """Return what is wrong with a manifest: the first fault, and where it is."""
    faults = error.errors(include_url=False, include_context=False, include_input=True)
    formats = [each for each in faults if each["loc"] == ("format",)]
    if formats:
        return f"is not that of a build, or of another version of onnx2luau ({formats[0]['input']!r:.80})"
    first = faults[0]
    where = ".".join(map(str, first["loc"]))
    return f"is not as onnx2luau wrote it: {where + ': ' if where else ''}{first['msg']}"
