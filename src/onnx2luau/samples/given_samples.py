"""Samples and labels that users give, as files or as arrays: each fits the model exactly, or is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.ir.graph import Port
from onnx2luau.compiler.ir.types import Array, DType
from onnx2luau.samples.array_file import MOST_BYTES, NUMBERS, ArrayFile, open_arrays
from onnx2luau.samples.samples import Samples

Inputs = Array | Mapping[str, Array]
"""Samples as users give them: an array where there is one input, or one by input name."""
LABELS = "y"
"""What the labels are called in an .npz of several arrays."""
EXACT = 2**53
"""The largest integer up to which all are numbers of Luau."""


def load_samples(path: Path, ports: Sequence[Port]) -> Samples:
    """Read a .npz with an array an input, or a .npy for the only input. UsageError when it can't fit."""
    with open_arrays(path) as file:
        names = _names_in(file, ports, str(path))
        headers = {port.name: file.header(names[port.name]) for port in ports}
        for port in ports:
            _check_shape(headers[port.name].shape, port, str(path))
        total = sum(header.bytes for header in headers.values())
        if total > MOST_BYTES:
            raise UsageError(
                f"{path}: the samples take {total:,} bytes, and at most {MOST_BYTES:,} are read; give fewer"
            )
        return fit_samples({port.name: file.read(names[port.name]) for port in ports}, ports, str(path))


def load_labels(path: Path, samples: int) -> Array:
    """Read the right answer of each sample: integers. UsageError when they don't fit."""
    with open_arrays(path) as file:
        name = LABELS if LABELS in file.names else file.names[0]
        if name != LABELS and len(file.names) > 1:
            raise UsageError(f"{path} has the arrays {_listed(file.names)}; call the labels {LABELS!r}")
        return fit_labels(file.read(name), samples, str(path))


def fit_samples(arrays: Inputs, ports: Sequence[Port], origin: str) -> Samples:
    """Return samples for every input, of its shape and type; UsageError names `origin` when it can't."""
    if not isinstance(arrays, Mapping):
        if len(ports) != 1:
            raise _wrong_number(ports, origin, "an array")
        arrays = {ports[0].name: arrays}
    samples = {}
    for port in ports:
        if port.name not in arrays:
            raise UsageError(f"{origin} has no array {port.name!r}; it has {_listed(arrays)}")
        samples[port.name] = _fitted(_array(arrays[port.name], port, origin), port, origin)
    counts = {len(array) for array in samples.values()}
    if len(counts) > 1:
        raise UsageError(f"{origin}: the inputs have different numbers of samples: {sorted(counts)}")
    return samples


def fit_labels(labels: object, samples: int, origin: str) -> Array:
    """Return the right answer of each sample as integers [samples]; UsageError when they don't fit."""
    try:
        array = np.asarray(labels)
    except (ValueError, TypeError, RuntimeError):
        raise UsageError(f"{origin}: labels are integers, and these can't be read as an array") from None
    if array.dtype.kind not in "iu":
        raise UsageError(
            f"{origin}: labels are integers, the index of each right answer, and these are {array.dtype}"
        )
    if array.shape not in ((samples,), (samples, 1)):
        raise UsageError(
            f"{origin}: there has to be one label for each of {samples} samples, and these have the shape "
            f"{list(array.shape)}"
        )
    return array.reshape(samples)


def _names_in(file: ArrayFile, ports: Sequence[Port], origin: str) -> dict[str, str]:
    """Return the name in the file of each input's array; a single array may be called anything."""
    if len(ports) == len(file.names) == 1:
        return {ports[0].name: file.names[0]}
    if file.names == [""]:
        raise _wrong_number(ports, origin, "an .npz with an array")
    for port in ports:
        if port.name not in file.names:
            raise UsageError(f"{origin} has no array {port.name!r}; it has {_listed(file.names)}")
    return {port.name: port.name for port in ports}


def _wrong_number(ports: Sequence[Port], origin: str, what: str) -> UsageError:
    if not ports:
        return UsageError(f"{origin}: the model has no inputs, so leave the samples out")
    return UsageError(f"{origin}: the model has {len(ports)} inputs, so give {what} for each, by name")


def _array(given: object, port: Port, origin: str) -> Array:
    try:
        array = np.asarray(given)
    except (ValueError, TypeError, RuntimeError):
        raise UsageError(f"{origin}: {port.name!r} can't be read as an array of numbers") from None
    if array.dtype.kind not in NUMBERS:
        raise UsageError(f"{origin}: {port.name!r} is {array.dtype}, not numbers")
    return array


def _check_shape(shape: tuple[int, ...], port: Port, origin: str) -> None:
    """Raise UsageError unless the shape is [count, *the input's]; a first axis of 1 may be left out of it."""
    wanted = port.value.shape
    if not shape or shape[0] == 0 or wanted not in (shape[1:], (1, *shape[1:])):
        raise UsageError(
            f"{origin}: samples of {port.name!r} have the shape {list(shape[1:])}, and the model takes "
            f"{list(wanted)} after the axis that counts samples"
            if shape and shape[0]
            else f"{origin} has no samples of {port.name!r}; its first axis counts them"
        )


def _fitted(array: Array, port: Port, origin: str) -> Array:
    """Return samples [count, *shape] in the input's type, every number of which it can hold."""
    _check_shape(array.shape, port, origin)
    array = array.reshape(len(array), *port.value.shape)
    dtype = port.value.type.dtype
    place = _misfit(array, dtype)
    if place is not None:
        raise UsageError(
            f"{origin}: {array[place]} in sample {place[0]} of {port.name!r} is not a number that its type "
            f"{dtype} can hold"
        )
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(array, dtype.numpy)


def _misfit(array: Array, dtype: DType) -> tuple[int, ...] | None:
    """Return where the first number is that would become another one: a wrapped, cut or infinite one."""
    with np.errstate(all="ignore"):
        if dtype is DType.BOOL:
            fits = (array == 0) | (array == 1)
        elif dtype.is_integer:
            fits = _is_integer(array, 2**31 - 1 if dtype is DType.I32 else EXACT)
        else:
            fits = ~np.isfinite(array) | np.isfinite(array.astype(dtype.numpy))
    return None if fits.all() else tuple(int(index) for index in np.argwhere(~fits)[0])


def _is_integer(array: Array, most: int) -> Any:
    """Tell which numbers are integers from -most - 1 to most, or to 2^53 both ways."""
    least = -most if most == EXACT else -most - 1
    if array.dtype.kind == "f":
        return (array == np.floor(array)) & (array >= least) & (array <= most)
    # A limit that the type can't hold is none; numpy refuses to compare with it.
    limits = np.iinfo(array.dtype) if array.dtype.kind in "iu" else np.iinfo(np.uint8)
    return (array >= max(least, int(limits.min))) & (array <= min(most, int(limits.max)))


def _listed(names: Mapping[str, Any] | Sequence[str]) -> str:
    return ", ".join(map(repr, names)) or "none"
