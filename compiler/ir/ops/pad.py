"""A border around a tensor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from onnx2luau.compiler.ir.op import Op
from onnx2luau.compiler.ir.types import TensorType
from onnx2luau.compiler.ir.values import Value

MODES = ("constant", "reflect", "edge", "wrap")


@dataclass(frozen=True)
class Pad(Op):
    """Add `begins` and `ends` elements along each axis. ONNX Pad-19; negative pads are slices there."""

    x: Value
    begins: tuple[int, ...]
    ends: tuple[int, ...]
    mode: str = "constant"
    value: float = 0.0

    def unchanged(self) -> Value | None:
        """x, if the border has no width."""
        return None if any((*self.begins, *self.ends)) else self.x

    def before_transpose(
        self, permutation: tuple[int, ...], source: Callable[[Value], Value | None]
    ) -> Op | None:
        """The same border of the axes where they were."""
        x = source(self.x)
        order = sorted(range(len(permutation)), key=permutation.__getitem__)
        begins, ends = (tuple(extents[axis] for axis in order) for extents in (self.begins, self.ends))
        return None if x is None else replace(self, x=x, begins=begins, ends=ends)

    def result_type(self) -> TensorType:
        """Result: x's extents plus begins plus ends."""
        if self.mode not in MODES:
            raise ValueError(f"a pad is one of {', '.join(MODES)}, not {self.mode!r}")
        rank = self.x.type.rank
        if (len(self.begins), len(self.ends)) != (rank, rank) or min(
            (*self.begins, *self.ends), default=0
        ) < 0:
            raise ValueError(f"a pad of {self.x.type} needs two extents of at least 0 for each axis")
        for axis, extent in enumerate(self.x.shape):
            # A reflection leaves out the border itself.
            widest = {"constant": None, "edge": None, "reflect": extent - 1, "wrap": extent}[self.mode]
            width = max(self.begins[axis], self.ends[axis])
            if width and ((widest is not None and width > widest) or (self.mode == "edge" and extent == 0)):
                raise ValueError(
                    f"axis {axis} of {self.x.type} is too short for a {self.mode} pad of {width}"
                )
        shape = zip(self.begins, self.x.shape, self.ends, strict=True)
        return TensorType(self.x.type.dtype, tuple(map(sum, shape)))
