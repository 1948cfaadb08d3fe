"""What a build says about itself: its header, its metadata, its manifest, its Rojo project."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onnx2luau.backends.luau.write.layers import Layer
from onnx2luau.backends.luau.write.module import Module
from onnx2luau.builds.batch_axis import described_ports
from onnx2luau.builds.contents import FileEntry
from onnx2luau.builds.manifest import LayerEntry, Manifest, PortEntry
from onnx2luau.compiler.ir.cost import cost_of
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.proof.oracle import Judge, Oracle, Reference
from onnx2luau.proof.verify import Verification
from onnx2luau.request import Request
from onnx2luau.source import Source
from onnx2luau.version import VERSION


@dataclass(frozen=True)
class Report:
    """A build, as it tells of itself."""

    source: Source
    graph: Graph
    module: Module
    request: Request
    proof: Mapping[str, Any] | None = None
    """The figures of its verification, if there was one."""

    @property
    def name(self) -> str:
        """What the build is called."""
        return _unicode(self.request.name or self.source.name)

    @property
    def file(self) -> str:
        """The model's file, empty for a model from memory."""
        return _unicode(self.source.file)

    @property
    def multiply_adds(self) -> int:
        """Of one prediction."""
        return sum(cost_of(node.op, ()).multiply_adds for node in self.graph.nodes)

    def files(self) -> dict[str, str]:
        """Return the files that carry figures or names: the module and the Rojo project."""
        return {
            "Model.luau": self.module.model_file(self._title(), self._metadata()),
            "default.project.json": _rojo_project(
                self.name, sorted({path.split("/")[0] for path in self.module.files})
            ),
        }

    def manifest(self, files: Mapping[str, FileEntry]) -> Manifest:
        """Return the manifest of the build; `files` are all of its files but this one."""
        options = self.request.options
        inputs, outputs = described_ports(self.graph)
        return Manifest(
            name=self.name,
            onnx2luau=VERSION,
            source={"file": self.file, "sha256": self.source.sha256},
            options={
                "target": options.target,
                "weights": options.weights,
                "encoding": options.encoding,
                "schedules": dict(options.schedules),
            },
            inputs=inputs,
            outputs=outputs,
            parameters=self.graph.parameters(),
            multiply_adds=self.multiply_adds,
            layers=[_layer(layer, self.request) for layer in self.module.layers],
            files=dict(files),
            selected=list(self.request.outputs),
            states={**self.source.states, **self.request.states},
            verification=None if self.proof is None else dict(self.proof),
        )

    def _title(self) -> list[str]:
        options = self.request.options
        origin = f" from {self.file}" if self.file else ""
        inputs, outputs = map(_listed, described_ports(self.graph))
        return [
            f"{self.name}: compiled by onnx2luau {VERSION}{origin}",
            f"SHA-256 of the source: {self.source.sha256}",
            f"Inputs {inputs}; outputs {outputs}",
            f"{self.graph.parameters():,} parameters, {self.multiply_adds:,} multiply-adds; "
            f"{options.weights} weights as {options.encoding}, for the {options.target}",
            _proof(self.proof),
        ]

    def _metadata(self) -> dict[str, str | int | float | bool]:
        options = self.request.options
        return {
            "name": self.name,
            "compiler": f"onnx2luau {VERSION}",
            "sourceHash": self.source.sha256,
            "weights": options.weights,
            "target": options.target,
            "parameters": self.graph.parameters(),
            "multiplyAdds": self.multiply_adds,
            "verified": self.proof is not None,
            "worstError": self.proof["worst_absolute"] if self.proof is not None else math.nan,
        }


def figures_of(verification: Verification, request: Request, oracle: Judge) -> dict[str, Any]:
    """Return the figures of a verification as a manifest has them."""
    figures: dict[str, Any] = {
        "oracle": oracle.version,
        "inputs": "random" if request.inputs is None else "given",
        **verification.against_oracle.figures(),
        "agrees": verification.agrees,
    }
    figures.pop("difference", None)
    if request.is_rounded:
        figures["code"] = {"worst_absolute": verification.code.worst_absolute}
    return figures


def _listed(ports: Sequence[PortEntry]) -> str:
    return ", ".join(f"{port['name']} {port['shape']}" for port in ports)


def _proof(figures: Mapping[str, Any] | None) -> str:
    if figures is None:
        return "Not verified against ONNX Runtime"
    return (
        f"Against {measure_of(figures)} on {figures['samples']:,} {figures['inputs']} samples: worst error "
        f"{figures['worst_absolute']:.3g} absolute, {figures['worst_relative']:.3g} relative, "
        f"{figures['answers_changed']:,} answers changed"
    )


def measure_of(figures: Mapping[str, Any]) -> str:
    """Return what a build's figures were measured against, for sentences."""
    return Reference.title if figures["oracle"] == Reference.version else Oracle.title


def _layer(layer: Layer, request: Request) -> LayerEntry:
    entry: LayerEntry = {
        "name": layer.name,
        "layer": layer.kernel.layer,
        "tensor": layer.kernel.last.tensor,
        "value": layer.kernel.last.result.name,
        "shape": list(layer.kernel.last.result.shape),
        "schedule": layer.schedule,
        "multiply_adds": layer.cost.multiply_adds,
        "parameters": layer.cost.parameters,
        "bytes": layer.size,
    }
    if layer.name in request.tuning:
        entry["measured"] = dict(request.tuning[layer.name])
    return entry


def _unicode(name: str) -> str:
    """Return the name of a file as JSON can hold it, whatever bytes it is made of."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _rojo_project(name: str, folders: Sequence[str]) -> str:
    # Named one by one, so that Rojo does not make a module of manifest.json.
    tree: dict[str, Any] = {"$className": "Folder", "Model": {"$path": "Model.luau"}}
    tree |= {folder: {"$path": folder} for folder in folders}
    return json.dumps({"name": name, "tree": tree}, indent=2) + "\n"
