"""Which first axes are the batch: what Keras and ONNX count samples by is not there a second time."""

from __future__ import annotations

from collections.abc import Sequence

from onnx2luau.builds.manifest import Manifest, PortEntry
from onnx2luau.compiler.ir.graph import Graph, Port
from onnx2luau.samples.samples import Samples


def described_ports(graph: Graph) -> tuple[list[PortEntry], list[PortEntry]]:
    """Return the inputs and the outputs of a graph as the manifest has them.

    An input's first axis of 1 is the batch, whether the model left it open or fixed it. An output's is, if an
    input has one: a model over a single table of four rows may well make one row of them.
    """
    is_batched = any(_begins_with_one(port) for port in graph.inputs)
    return _ports(graph.inputs, True), _ports(graph.outputs, is_batched)


def without_batch(results: Samples, manifest: Manifest) -> Samples:
    """Return outputs [samples, *shape] as the model would give them for a batch: without the axis of 1."""
    return {
        port["name"]: results[port["name"]][:, 0] if port["batch"] else results[port["name"]]
        for port in manifest.outputs
    }


def _ports(ports: Sequence[Port], is_batched: bool) -> list[PortEntry]:
    return [
        {
            "name": port.name,
            "shape": list(port.value.shape),
            "dtype": str(port.value.type.dtype),
            "batch": is_batched and _begins_with_one(port),
        }
        for port in ports
    ]


def _begins_with_one(port: Port) -> bool:
    return port.value.shape[:1] == (1,)
