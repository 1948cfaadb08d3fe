"""Models of one layer, whose kernels are looked at."""

from __future__ import annotations

from typing import Any

import onnx
from onnx import helper

from onnx2luau.backends.luau.options import Options
from onnx2luau.backends.luau.schedules import schedules
from onnx2luau.backends.luau.scheduling import schedule
from onnx2luau.compiler.ir.graph import Graph
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from tests.cases import Array, Case, floats, make_model

LAYER = "layer"
ROW, TOKENS, PICTURE = floats(1, 4), floats(1, 3, 4), floats(1, 2, 4, 4)
Kernels = dict[str, tuple[Case, str]]
"""By the name of the golden file: a model, and the schedule of its layer if that is to be chosen."""


def kernel(operator: str, x: Array, *constants: Array, outputs: int = 1, **attributes: Any) -> Case:
    """Return a model of one node over an input and constants."""
    names = [f"c{index}" for index in range(len(constants))]
    made = [f"y{index}" for index in range(outputs)]
    node = helper.make_node(operator, ["x", *names], made, name=LAYER, **attributes)
    model = make_model([node], {"x": x}, made, dict(zip(names, constants, strict=True)))
    return Case(operator, model, {"x": x[None]})


def followed(first: Case, *nodes: onnx.NodeProto, **constants: Array) -> Case:
    """Return a model of a node and others after it, the first of which reads y0."""
    graph = first.model.graph
    known = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer} | constants
    inputs = {name: array[0] for name, array in first.samples.items()}
    made = [nodes[-1].output[0]]
    return Case(first.name, make_model([*graph.node, *nodes], inputs, made, known), first.samples)


def two_inputs(operator: str, x: Array, y: Array) -> Case:
    """Return a model of one node over two inputs."""
    node = helper.make_node(operator, ["x", "y"], ["z"], name=LAYER)
    return Case(operator, make_model([node], {"x": x, "y": y}, ["z"]), {"x": x[None], "y": y[None]})


def every_way(kind: str, *models: Case) -> Kernels:
    """Return each schedule of a kind of op, on the first of some models that it is right for."""
    right = [(model, ways(_graph(model), LAYER)) for model in models]
    return {
        f"{kind}_{name}": (next(model for model, names in right if name in names), name)
        for name in schedules(kind)
        if any(name in names for _, names in right)
    }


def ways(graph: Graph, layer: str) -> set[str]:
    """Return the schedules that are right for a layer."""
    kernels = schedule(graph, Options()).kernels
    (kernel,) = [each for each in kernels if layer in each.known_as]
    return {kernel.schedule, *kernel.alternatives}


def _graph(model: Case) -> Graph:
    return run_pipeline(import_model(model.model, model.name))
