"""Convolution over any number of spatial axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from onnx2luau.compiler.ir.product import Product
from onnx2luau.compiler.ir.scalars import IDENTITY, Scalar
from onnx2luau.compiler.ir.types import Array, TensorType
from onnx2luau.compiler.ir.values import Value
from onnx2luau.compiler.ir.weighted import Weighted


@dataclass(frozen=True)
class Conv(Weighted):
    """activation(cross-correlation + bias). ONNX Conv-11 with explicit padding.

    x: [batch, channels, *spatial]; weight: [outputs, channels / groups, *kernel]; bias: [outputs] or none;
    pads: all the begins, then all the ends; result: [batch, outputs, *spatial].
    """

    x: Value
    weight: Value
    bias: Value | None = None
    strides: tuple[int, ...] = ()
    pads: tuple[int, ...] = ()
    dilations: tuple[int, ...] = ()
    groups: int = 1
    activation: Scalar = IDENTITY

    @property
    def output_axis(self) -> int:
        """The channels."""
        return 1

    def product(self, constants: Mapping[Value, Array]) -> Product | None:
        """That of all numbers of a sample, if one window covers the whole of every channel."""
        weight = constants.get(self.weight)
        is_whole = self.weight.shape[2:] == self.x.shape[2:] and set(self.result_type().shape[2:]) <= {1}
        if weight is None or not is_whole or self.groups != 1 or any(self.pads) or not self.x.type.size:
            return None
        rows = weight.reshape(len(weight), -1)
        shape = (self.x.shape[0], rows.shape[1])
        return Product(self.x, shape, rows, self.weight.name, self.bias, self.activation)

    def result_type(self) -> TensorType:
        """Result: [batch, outputs, *spatial]."""
        self.check_functions()
        rank = self.x.type.rank - 2
        if rank < 1 or self.weight.type.rank != rank + 2:
            raise ValueError(f"conv can't take {self.x.type} with a weight of {self.weight.type}")
        outputs, channels = self.weight.shape[:2]
        if self.groups < 1 or self.x.shape[1] != channels * self.groups or outputs % self.groups:
            raise ValueError(
                f"conv of {self.groups} groups can't take {self.x.type} with a weight of {self.weight.type}"
            )
        if self.bias is not None and self.bias.shape != (outputs,):
            raise ValueError(f"conv of {outputs} outputs can't add a bias of {self.bias.type}")
        spatial = window_extents(
            self.x.shape[2:], self.weight.shape[2:], self.strides, self.pads, self.dilations
        )
        return TensorType(self.x.type.dtype, (self.x.shape[0], outputs, *spatial))


def window_extents(
    extents: tuple[int, ...],
    kernel: tuple[int, ...],
    strides: tuple[int, ...],
    pads: tuple[int, ...],
    dilations: tuple[int, ...],
) -> tuple[int, ...]:
    """How many windows fit along each spatial axis; ValueError when none do."""
    rank = len(extents)
    if (len(kernel), len(strides), len(pads), len(dilations)) != (rank, rank, 2 * rank, rank):
        raise ValueError(f"a window over {rank} axes needs a stride, two pads and a dilation for each")
    if min((*strides, *dilations, *kernel), default=1) < 1 or min(pads, default=0) < 0:
        raise ValueError("a window's extents, strides and dilations start at 1 and its pads at 0")
    result = []
    for axis, extent in enumerate(extents):
        padded = extent + pads[axis] + pads[axis + rank]
        result.append((padded - dilations[axis] * (kernel[axis] - 1) - 1) // strides[axis] + 1)
    if min(result, default=1) < 1:
        raise ValueError(f"a window of {list(kernel)} does not fit into {list(extents)}")
    return tuple(result)
