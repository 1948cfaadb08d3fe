"""Samples to run a model on: files that users give, or seeded random ones."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.ir.graph import Port
from onnx2luau.compiler.ir.types import Array, DType

Samples = dict[str, Array]
"""By input name: an array whose first axis counts samples and whose other axes are the input's shape."""
Inputs = Array | Mapping[str, Array]
"""Samples as users give them: an array where there is one input, or one by input name."""


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


def load_samples(path: Path, ports: Sequence[Port]) -> Samples:
    """Read a .npz with an array an input, or a .npy for the only input. UsageError when it can't fit."""
    return fit_samples(load_arrays(path, [port.name for port in ports]), ports, str(path))


def fit_samples(arrays: Inputs, ports: Sequence[Port], origin: str) -> Samples:
    """Return samples for every input, of its shape and type; UsageError names `origin` when it can't."""
    if not isinstance(arrays, Mapping):
        if len(ports) != 1:
            raise UsageError(
                f"{origin}: the model has {len(ports)} inputs, so give an array for each, by name"
            )
        arrays = {ports[0].name: np.asarray(arrays)}
    samples = {}
    for port in ports:
        if port.name not in arrays:
            raise UsageError(f"{origin} has no array {port.name!r}; it has {', '.join(map(repr, arrays))}")
        samples[port.name] = _fitted(np.asarray(arrays[port.name]), port, origin)
    counts = {len(array) for array in samples.values()}
    if len(counts) > 1:
        raise UsageError(f"{origin}: the inputs have different numbers of samples: {sorted(counts)}")
    return samples


def load_arrays(path: Path, names: Sequence[str]) -> dict[str, Array]:
    """Read a .npz, or a .npy as the one array of `names`; nothing in the file is executed."""
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {names[0] if names else "": loaded}
        arrays = {name: loaded[name] for name in loaded.files}
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist") from None
    except (OSError, ValueError, zipfile.BadZipFile, EOFError):
        raise UsageError(f"{path} is not a whole .npz or .npy file of numbers") from None
    if len(names) == 1 and len(arrays) == 1:
        return {names[0]: next(iter(arrays.values()))}
    return arrays


def load_labels(path: Path, samples: int) -> Array:
    """Read the right answer of each sample: integers. UsageError when they don't fit."""
    arrays = load_arrays(path, ["y"])
    labels = np.ravel(arrays.get("y", next(iter(arrays.values()))))
    if len(labels) != samples or labels.dtype.kind not in "iu":
        raise UsageError(f"{path} has {len(labels)} labels of {labels.dtype} for {samples} samples")
    return labels


def select(samples: Samples, index: int | slice) -> Samples:
    """Return one sample, as arrays of the inputs' own shapes; or some of them, for a slice."""
    return {name: np.asarray(array[index]) for name, array in samples.items()}


def count_of(samples: Samples) -> int:
    """How many samples there are; a model without inputs has one."""
    return len(next(iter(samples.values()))) if samples else 1


def _fitted(array: Array, port: Port, origin: str) -> Array:
    """Return samples [count, *shape]; a batch axis of 1 may be left out."""
    shape = port.value.shape
    if array.ndim and array.shape[1:] != shape and (1, *array.shape[1:]) == shape:
        array = array[:, None]
    if array.ndim != len(shape) + 1 or array.shape[1:] != shape or len(array) == 0:
        raise UsageError(
            f"{origin}: samples of {port.name!r} have the shape {list(array.shape[1:])}, and the model takes "
            f"{list(shape)} after the axis that counts samples"
        )
    if array.dtype.kind not in "fiub":
        raise UsageError(f"{origin}: {port.name!r} is {array.dtype}, not numbers")
    return np.ascontiguousarray(array, port.value.type.dtype.numpy)
