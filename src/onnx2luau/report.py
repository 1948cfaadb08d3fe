"""What a build says about itself: its header, its metadata, its manifest, its Rojo project."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from onnx2luau.backends.luau.write.layers import Layer
from onnx2luau.backends.luau.write.module import Module
from onnx2luau.builds.batch_axis import described_ports
from onnx2luau.builds.contents import file_entries
from onnx2luau.builds.manifest import LayerEntry, Manifest, PortEntry
from onnx2luau.compiler.ir.cost import cost_of
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.proof.oracle import Judge, Oracle, Reference
from onnx2luau.proof.verify import Verification
from onnx2luau.request import Request
from onnx2luau.source import Source
from onnx2luau.version import VERSION


def manifest(source: Source, graph: Graph, module: Module, request: Request) -> Manifest:
    """Return the manifest of a build that is not verified yet."""
    options = request.options
    inputs, outputs = described_ports(graph)
    return Manifest(
        name=_unicode(request.name or source.name),
        onnx2luau=VERSION,
        source={"file": _unicode(source.file), "sha256": source.sha256},
        options={
            "target": options.target,
            "weights": options.weights,
            "encoding": options.encoding,
            "schedules": dict(options.schedules),
        },
        inputs=inputs,
        outputs=outputs,
        parameters=graph.parameters(),
        multiply_adds=sum(cost_of(node.op, ()).multiply_adds for node in graph.nodes),
        layers=[_layer(layer, request) for layer in module.layers],
        files={},
        selected=list(request.outputs),
        states=dict(request.states),
    )


def verified(before: Manifest, verification: Verification, request: Request, oracle: Judge) -> Manifest:
    """Return the manifest with the figures of a verification."""
    figures: dict[str, Any] = {
        "oracle": oracle.version,
        "inputs": "random" if request.inputs is None else "given",
        **verification.against_oracle.figures(),
        "agrees": verification.agrees,
    }
    figures.pop("difference", None)
    if request.is_rounded:
        figures["code"] = {"worst_absolute": verification.code.worst_absolute}
    return replace(before, verification=figures)


def measured(before: Manifest, folder: Path) -> Manifest:
    """Return the manifest with the files in a folder."""
    return replace(before, files=file_entries(folder))


def files(module: Module, current: Manifest, request: Request) -> dict[str, str]:
    """Return the files that carry figures or names: the module, the Rojo project, the manifest."""
    return {
        "Model.luau": module.model_file(_title(current, request), _metadata(current)),
        "default.project.json": _rojo_project(current.name, sorted({p.split("/")[0] for p in module.files})),
        "manifest.json": current.text(),
    }


def _title(current: Manifest, request: Request) -> list[str]:
    options = request.options
    origin = f" from {current.source['file']}" if current.source["file"] else ""
    return [
        f"{current.name}: compiled by onnx2luau {current.onnx2luau}{origin}",
        f"SHA-256 of the source: {current.source['sha256']}",
        f"Inputs {_listed(current.inputs)}; outputs {_listed(current.outputs)}",
        f"{current.parameters:,} parameters, {current.multiply_adds:,} multiply-adds; "
        f"{options.weights} weights as {options.encoding}, for the {options.target}",
        _proof(current),
    ]


def _listed(ports: Sequence[PortEntry]) -> str:
    return ", ".join(f"{port['name']} {port['shape']}" for port in ports)


def _proof(current: Manifest) -> str:
    figures = current.verification
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


def _metadata(current: Manifest) -> dict[str, str | int | float | bool]:
    figures = current.verification
    return {
        "name": current.name,
        "compiler": f"onnx2luau {current.onnx2luau}",
        "sourceHash": current.source["sha256"],
        "weights": current.options["weights"],
        "target": current.options["target"],
        "parameters": current.parameters,
        "multiplyAdds": current.multiply_adds,
        "verified": figures is not None,
        "worstError": figures["worst_absolute"] if figures is not None else math.nan,
    }


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
