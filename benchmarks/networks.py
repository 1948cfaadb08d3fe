"""The networks that are measured, and what they are given: the same numbers every time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "tinymnist"
DIGITS = 100
"""Samples of each network: the largest batch."""
OPSET = 18
IR_VERSION = 10

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Network:
    """A network of the benchmark: a function that makes its model, and one that makes its samples."""

    title: str
    model: Callable[[], Path | onnx.ModelProto]
    samples: Callable[[], Array]
    """[DIGITS, ...]: the first axis counts samples."""


class Untrained:
    """A network with an open batch, layer after layer, with seeded weights that keep the signal's size."""

    def __init__(self, name: str, shape: tuple[int, ...]) -> None:
        self._generator = np.random.default_rng(0)
        self._name = name
        self._input = shape
        self.channels = shape[0]
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        self._last = "x"

    def add(self, operator: str, *weights: Array, **attributes: Any) -> None:
        """Append a node that reads the last tensor and these weights."""
        number = len(self._nodes) + 1
        names = [f"weight{len(self._weights) + index}" for index in range(len(weights))]
        self._weights += [
            numpy_helper.from_array(array, name) for array, name in zip(weights, names, strict=True)
        ]
        output, name = f"tensor{number}", f"{operator.lower()}{number}"
        self._nodes.append(helper.make_node(operator, [self._last, *names], [output], name, **attributes))
        self._last = output

    def dense(self, outputs: int, activation: str = "") -> None:
        """Add a dense layer with a bias: He's normal weights."""
        self.add("Gemm", self._normal((outputs, self.channels), self.channels), self._bias(outputs), transB=1)
        self.channels = outputs
        if activation:
            self.add(activation)

    def conv(self, outputs: int, kernel: int, stride: int = 1, *, depthwise: bool = False) -> None:
        """Add a convolution that keeps the picture's size over its stride; then normalisation and ReLU."""
        each = 1 if depthwise else self.channels
        weight = self._normal((outputs, each, kernel, kernel), each * kernel * kernel)
        group = self.channels if depthwise else 1
        self.add("Conv", weight, strides=[stride] * 2, pads=[kernel // 2] * 4, group=group)
        self.channels = outputs
        mean, variance = self._bias(outputs), self._generator.uniform(0.5, 2, outputs).astype(np.float32)
        self.add("BatchNormalization", np.ones(outputs, np.float32), self._bias(outputs), mean, variance)
        self.add("Relu")

    def model(self) -> onnx.ModelProto:
        """Return the whole network."""
        self._nodes[-1].output[0] = "y"
        input_shape: list[str | int | None] = ["batch", *self._input]
        graph = helper.make_graph(
            self._nodes,
            self._name,
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, input_shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", self.channels])],
            self._weights,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        onnx.checker.check_model(model, full_check=True)
        return model

    def _normal(self, shape: tuple[int, ...], inputs: int) -> Array:
        return (self._generator.standard_normal(shape) * math.sqrt(2 / inputs)).astype(np.float32)

    def _bias(self, outputs: int) -> Array:
        return (self._generator.standard_normal(outputs) * 0.1).astype(np.float32)


def game_brain() -> onnx.ModelProto:
    """Return what steers a character: 12 senses, 6 actions."""
    network = Untrained("game_brain", (12,))
    network.dense(32, "Relu")
    network.dense(32, "Relu")
    network.dense(6)
    return network.model()


def autoencoder() -> onnx.ModelProto:
    """Return 784-128-32-128-784, with pixels from 0 to 1 at the end."""
    network = Untrained("autoencoder", (784,))
    for outputs in (128, 32, 128):
        network.dense(outputs, "Relu")
    network.dense(784, "Sigmoid")
    return network.model()


def wide() -> onnx.ModelProto:
    """Return 1024-1024-10."""
    network = Untrained("wide", (1024,))
    network.dense(1024, "Relu")
    network.dense(10)
    network.add("Softmax", axis=1)
    return network.model()


def large() -> onnx.ModelProto:
    """Return 1024-2048-1024-768-10: about five million parameters."""
    network = Untrained("large", (1024,))
    for outputs in (2048, 1024, 768):
        network.dense(outputs, "Relu")
    network.dense(10)
    return network.model()


def separable_cnn() -> onnx.ModelProto:
    """Return a convolution and three depthwise-separable blocks on 32x32x3, in the manner of MobileNet."""
    network = Untrained("separable_cnn", (3, 32, 32))
    network.conv(16, 3)
    for outputs, stride in ((32, 2), (32, 1), (64, 2)):
        network.conv(network.channels, 3, stride, depthwise=True)
        network.conv(outputs, 1)
    network.add("GlobalAveragePool")
    network.add("Flatten")
    network.dense(10)
    return network.model()


def digits(*shape: int) -> Array:
    """Return real test digits as [DIGITS, *shape], from 0 to 1."""
    with np.load(EXAMPLE / "digits.npz", allow_pickle=False) as data:
        pixels: Array = data["x"][:DIGITS].astype(np.float32)
    return pixels.reshape(-1, *shape) / np.float32(255)


def noise(*shape: int) -> Array:
    """Return normal numbers."""
    return np.random.default_rng(1).standard_normal((DIGITS, *shape)).astype(np.float32)


NETWORKS = {
    "mnist64": Network("digits 784-64-10", lambda: EXAMPLE / "mnist64.keras", lambda: digits(784)),
    "mnist256": Network("digits 784-256-10", lambda: EXAMPLE / "mnist256.keras", lambda: digits(784)),
    "game_brain": Network("game brain 12-32-32-6", game_brain, lambda: noise(12)),
    "autoencoder": Network("autoencoder 784-128-32-128-784", autoencoder, lambda: digits(784)),
    "wide": Network("wide 1024-1024-10", wide, lambda: noise(1024)),
    "mnist_cnn": Network("digit CNN 28x28x1", lambda: EXAMPLE / "mnist_cnn.keras", lambda: digits(28, 28, 1)),
    "separable_cnn": Network("separable CNN 32x32x3", separable_cnn, lambda: noise(3, 32, 32)),
}
"""By name, in the order in which they are shown."""
