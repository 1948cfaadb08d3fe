"""Random networks as ONNX models, drawn by hypothesis."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import onnx
from hypothesis import strategies as st
from onnx import helper

from tests.cases import Array, make_model

ACTIVATIONS: dict[str, dict[str, Any]] = {
    "Identity": {},
    "Relu": {},
    "LeakyRelu": {"alpha": 0.1},
    "Elu": {"alpha": 0.7},
    "Selu": {},
    "Sigmoid": {},
    "Tanh": {},
    "Softplus": {},
    "Softsign": {},
    "HardSigmoid": {},
    "HardSwish": {},
    "Gelu": {},
    "Mish": {},
    "Softmax": {"axis": 1},
    "LogSoftmax": {"axis": 1},
}


class Network:
    """Nodes and weights, as they are added one after another to the tensor called `last`."""

    def __init__(self, shape: tuple[int, ...], seed: int) -> None:
        self.generator = np.random.default_rng(seed)
        self.input = self.generator.standard_normal(shape).astype(np.float32)
        self.shape = shape
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, Array] = {}
        self.last = "x"

    def add(self, operator: str, *more: str, shape: tuple[int, ...] | None = None, **attributes: Any) -> None:
        """Append a node that reads the last tensor."""
        output = f"t{len(self.nodes)}"
        name = f"layer{len(self.nodes)}/{operator}"
        self.nodes.append(helper.make_node(operator, [self.last, *more], [output], name=name, **attributes))
        self.last = output
        self.shape = shape or self.shape

    def weight(self, *shape: int, fan: int) -> str:
        """Add weights of a spread that keeps the signal's size."""
        name = f"w{len(self.weights)}"
        self.weights[name] = (self.generator.standard_normal(shape) / math.sqrt(fan)).astype(np.float32)
        return name

    def dense(self, outputs: int, with_bias: bool) -> None:
        """Add a MatMul, and an Add."""
        self.add("MatMul", self.weight(self.shape[1], outputs, fan=self.shape[1]), shape=(1, outputs))
        if with_bias:
            self.add("Add", self.weight(outputs, fan=4))

    def normalise(self) -> None:
        """Add a batch normalisation with statistics of its own."""
        channels = self.shape[1]
        scale, shift, mean = (self.weight(channels, fan=1) for _ in range(3))
        variance = self.weight(channels, fan=1)
        self.weights[variance] = np.abs(self.weights[variance]) + np.float32(0.5)
        self.add("BatchNormalization", scale, shift, mean, variance)

    def model(self) -> onnx.ModelProto:
        """Return the whole network."""
        return make_model(self.nodes, {"x": self.input}, [self.last], self.weights)


@st.composite
def dense_networks(draw: st.DrawFn) -> Network:
    """Return 1 to 6 fully connected layers of 1 to 300 units."""
    sizes = st.one_of(st.integers(1, 12), st.integers(1, 300))
    network = Network((1, draw(sizes)), draw(st.integers(0, 2**32 - 1)))
    for _ in range(draw(st.integers(1, 6))):
        network.dense(draw(sizes), draw(st.booleans()))
        if draw(st.integers(0, 4)) == 0:
            network.normalise()
        activation = draw(st.sampled_from(sorted(ACTIVATIONS)))
        network.add(activation, **ACTIVATIONS[activation])
    return network


@st.composite
def conv_networks(draw: st.DrawFn) -> Network:
    """Return 1 to 4 convolutions and pools in one or two dimensions, and a dense layer."""
    rank = draw(st.integers(1, 2))
    extents = tuple(draw(st.integers(3, 12)) for _ in range(rank))
    network = Network((1, draw(st.integers(1, 6)), *extents), draw(st.integers(0, 2**32 - 1)))
    for _ in range(draw(st.integers(1, 4))):
        _convolve(draw, network)
        if draw(st.booleans()):
            network.normalise()
        activation = draw(st.sampled_from(sorted(ACTIVATIONS)))
        network.add(activation, **ACTIVATIONS[activation])
        if min(network.shape[2:]) > 1 and draw(st.booleans()):
            _pool(draw, network, rank)
    network.add("Flatten", shape=(1, math.prod(network.shape[1:])))
    network.dense(draw(st.integers(1, 20)), True)
    return network


def _convolve(draw: st.DrawFn, network: Network) -> None:
    channels = network.shape[1]
    groups = draw(st.sampled_from([g for g in (1, 2, 3, channels) if channels % g == 0]))
    outputs = groups * draw(st.integers(1, 4))
    kernel, strides, pads, dilations, result = [], [], [], [], []
    for extent in network.shape[2:]:
        size, dilation = draw(st.integers(1, min(4, extent))), draw(st.integers(1, 2))
        begin, end, stride = draw(st.integers(0, 2)), draw(st.integers(0, 2)), draw(st.integers(1, 2))
        if dilation * (size - 1) + 1 > extent + begin + end:
            dilation = 1
        kernel.append(size)
        strides.append(stride)
        pads.append((begin, end))
        dilations.append(dilation)
        result.append((extent + begin + end - dilation * (size - 1) - 1) // stride + 1)
    each = channels // groups
    more = [network.weight(outputs, each, *kernel, fan=each * math.prod(kernel))]
    if draw(st.booleans()):
        more.append(network.weight(outputs, fan=4))
    network.add(
        "Conv",
        *more,
        shape=(1, outputs, *result),
        strides=strides,
        dilations=dilations,
        pads=[begin for begin, _ in pads] + [end for _, end in pads],
        group=groups,
    )


def _pool(draw: st.DrawFn, network: Network, rank: int) -> None:
    operator = draw(st.sampled_from(["MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"]))
    if operator.startswith("Global"):
        network.add(operator, shape=(*network.shape[:2], *[1] * rank))
        return
    extents = [(extent - 2) // 2 + 1 for extent in network.shape[2:]]
    shape = (*network.shape[:2], *extents)
    network.add(operator, shape=shape, kernel_shape=[2] * rank, strides=[2] * rank)
