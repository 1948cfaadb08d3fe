"""Blocks of pixels moved into channels and back."""

from __future__ import annotations

from onnx2luau.compiler.ir.builder import Builder
from onnx2luau.compiler.ir.values import Value
from onnx2luau.frontends.onnx.registry import onnx_op


@onnx_op("DepthToSpace")
def depth_to_space(b: Builder, x: Value, *, blocksize: int, mode: str = "DCR") -> Value:
    """Channels spread over blocks of pixels; DCR and CRD are the order of depth, column and row in them."""
    batch, channels, height, width = _image(x, blocksize)
    depth = channels // blocksize**2
    if mode == "DCR":
        parts = b.reshape(x, (batch, blocksize, blocksize, depth, height, width))
        spread = b.transpose(parts, (0, 3, 4, 1, 5, 2))
    elif mode == "CRD":
        parts = b.reshape(x, (batch, depth, blocksize, blocksize, height, width))
        spread = b.transpose(parts, (0, 1, 4, 2, 5, 3))
    else:
        raise ValueError(f"the mode {mode!r} is unknown")
    return b.reshape(spread, (batch, depth, height * blocksize, width * blocksize))


@onnx_op("SpaceToDepth")
def space_to_depth(b: Builder, x: Value, *, blocksize: int) -> Value:
    """Blocks of pixels stacked as channels."""
    batch, channels, height, width = _image(x, blocksize)
    rows, columns = height // blocksize, width // blocksize
    parts = b.reshape(x, (batch, channels, rows, blocksize, columns, blocksize))
    stacked = b.transpose(parts, (0, 3, 5, 1, 2, 4))
    return b.reshape(stacked, (batch, channels * blocksize**2, rows, columns))


def _image(x: Value, blocksize: int) -> tuple[int, ...]:
    if x.type.rank != 4 or blocksize < 1:
        raise ValueError(f"{x.type} is not [batch, channels, height, width] of blocks of {blocksize}")
    return x.shape
