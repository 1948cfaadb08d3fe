"""Maximum and average over a sliding window."""

from __future__ import annotations

from dataclasses import dataclass, replace

from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.ops.conv import window_extents
from onnx2luau.compiler.ir.types import DType, TensorType
from onnx2luau.compiler.ir.values import Value

LEAST = -3.4028234663852886e38
"""The maximum over nothing: the least number of an f32."""


@dataclass(frozen=True)
class Pool(Op):
    """The "max" or the "mean" of each window. ONNX MaxPool-12 and AveragePool-19 with explicit padding.

    x: [batch, channels, *spatial]; result: the same but for the spatial extents. `pads` never count for a
    maximum; for a mean they count in the divisor when `count_pads`. `overhang` widens the end of each axis
    for windows that start inside and end outside (ONNX's ceil_mode); it never counts. A window over padding
    alone has the maximum `LEAST` and the mean 0. NaN is the maximum of every window that has one. A maximum
    `with_places` has a second result, as i64: where in the flat x the first such number of each window is,
    or -1 where none is larger than -inf.
    """

    x: Value
    kind: str
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    pads: tuple[int, ...]
    dilations: tuple[int, ...]
    overhang: tuple[int, ...]
    count_pads: bool = False
    with_places: bool = False

    @property
    def is_inexact(self) -> bool:
        """A mean is rounded."""
        return self.kind == "mean"

    @property
    def decides(self) -> bool:
        """Which of two nearly equal numbers is larger, if it is asked."""
        return self.with_places

    def narrowed(self, count: int) -> Op:
        """Without the places."""
        return replace(self, with_places=self.with_places and count > 1)

    @property
    def sums(self) -> Op | None:
        """A mean is hardly smaller than its sum."""
        return self if self.kind == "mean" else None

    def result_types(self) -> tuple[TensorType, ...]:
        """Result: [batch, channels, *spatial]; with places the same of i64."""
        if self.kind not in ("max", "mean"):
            raise ValueError(f"a pool is 'max' or 'mean', not {self.kind!r}")
        if self.with_places and self.kind != "max":
            raise ValueError("a mean has no places")
        rank = self.x.type.rank - 2
        if rank < 1 or len(self.overhang) != rank or len(self.pads) != 2 * rank:
            raise ValueError(f"a pool over {len(self.kernel)} axes can't take {self.x.type}")
        ends = tuple(end + extra for end, extra in zip(self.pads[rank:], self.overhang, strict=True))
        spatial = window_extents(
            self.x.shape[2:], self.kernel, self.strides, (*self.pads[:rank], *ends), self.dilations
        )
        shape = (*self.x.shape[:2], *spatial)
        places = (TensorType(DType.I64, shape),) if self.with_places else ()
        return TensorType(self.x.type.dtype, shape), *places
