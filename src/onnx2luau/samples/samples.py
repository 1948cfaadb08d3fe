"""Samples to run a model on: seeded random ones, and what is done with any."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from onnx2luau.compiler.ir.graph import Port
from onnx2luau.compiler.ir.types import Array, DType

Samples = dict[str, Array]
"""By input name: an array whose first axis counts samples and whose other axes are the input's shape."""


def random_samples(ports: Sequence[Port], count: int, seed: int = 0) -> Samples:
    """Return seeded random samples that fit the inputs: normal numbers, small integers, truth values."""
    generator = np.random.default_rng(seed)
    samples: Samples = {}
    for port in ports:
        shape = (count, *port.value.shape)
        match port.value.type.dtype:
            case DType.BOOL:
                samples[port.name] = generator.integers(0, 2, shape).astype(np.bool_)
            case DType.I32 | DType.I64 as dtype:
                # 0 and 1 are indices into any table.
                samples[port.name] = generator.integers(0, 2, shape).astype(dtype.numpy)
            case _:
                samples[port.name] = generator.standard_normal(shape).astype(np.float32)
    return samples


def select(samples: Samples, index: int | slice) -> Samples:
    """Return one sample, as arrays of the inputs' own shapes; or some of them, for a slice."""
    return {name: np.asarray(array[index]) for name, array in samples.items()}


def count_of(samples: Samples) -> int:
    """How many samples there are; a model without inputs has one."""
    return len(next(iter(samples.values()))) if samples else 1
