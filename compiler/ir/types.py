"""Element types and static tensor types."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class DType(Enum):
    """The element types of the IR; the value is the name in the textual form."""

    F32 = "f32"
    F16 = "f16"
    I32 = "i32"
    I64 = "i64"
    BOOL = "bool"

    @property
    def numpy(self) -> np.dtype[np.generic]:
        """The same type in numpy."""
        return np.dtype(_NUMPY[self])

    @property
    def is_integer(self) -> bool:
        """Whether arithmetic on it is exact."""
        return self in (DType.I32, DType.I64)

    @staticmethod
    def of(dtype: np.dtype[np.generic]) -> DType:
        """Return the IR's name of a numpy type; KeyError when the IR has none."""
        return _FROM_NUMPY[np.dtype(dtype).name]

    def __str__(self) -> str:
        return self.value


_NUMPY: dict[DType, str] = {
    DType.F32: "float32",
    DType.F16: "float16",
    DType.I32: "int32",
    DType.I64: "int64",
    DType.BOOL: "bool",
}
_FROM_NUMPY = {name: dtype for dtype, name in _NUMPY.items()}


@dataclass(frozen=True)
class TensorType:
    """A static shape of one element type; `f32[1,784]` in the textual form."""

    dtype: DType
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many elements a tensor of this type has."""
        return math.prod(self.shape)

    @property
    def rank(self) -> int:
        """How many axes a tensor of this type has."""
        return len(self.shape)

    def __str__(self) -> str:
        return f"{self.dtype}[{','.join(map(str, self.shape))}]"


def strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Row-major strides in elements: how far apart neighbours along each axis lie."""
    result = [1] * len(shape)
    for axis in range(len(shape) - 2, -1, -1):
        result[axis] = result[axis + 1] * shape[axis + 1]
    return tuple(result)


def broadcast_shape(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """Numpy's (and ONNX's) common shape; ValueError names the shapes that don't fit."""
    rank = max(map(len, shapes), default=0)
    result = []
    for axis in range(-rank, 0):
        extents = {shape[axis] for shape in shapes if len(shape) >= -axis}
        others = extents - {1}
        if len(others) > 1 or min(extents) < 0:
            raise ValueError(f"the shapes {', '.join(str(list(s)) for s in shapes)} don't broadcast")
        result.append(others.pop() if others else 1)
    return tuple(result)
