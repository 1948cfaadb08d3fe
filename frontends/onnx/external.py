"""Weights in files beside the model: every place is checked before a byte is read."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

import onnx
from onnx.external_data_helper import load_external_data_for_tensor, uses_external_data

from onnx2luau.compiler.errors import ModelError
from onnx2luau.frontends.onnx.budget import MOST_BYTES
from onnx2luau.frontends.onnx.library import asking_onnx
from onnx2luau.frontends.onnx.walk import messages

LFS_POINTER = b"version https://git-lfs"
PACKED_BITS = {"INT4": 4, "UINT4": 4, "FLOAT4E2M1": 4, "INT2": 2, "UINT2": 2}
"""Element types of which several share a byte."""


def external_tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    """Yield the tensors whose numbers lie outside of the model: of nodes, subgraphs and functions too."""
    for message in messages(model):
        if isinstance(message, onnx.TensorProto) and uses_external_data(message):
            yield message


def external_files(model: onnx.ModelProto, path: Path) -> list[Path]:
    """Return the files in which a model keeps numbers: others in them make another model."""
    locations = {_entries(tensor).get("location", "") for tensor in external_tensors(model)}
    return [path.parent / location for location in sorted(locations)]


def load_external(model: onnx.ModelProto, path: Path) -> None:
    """Read all external tensors of the model at `path`; ModelError names the file that can't be used."""
    tensors = list(external_tensors(model))
    taken = 0
    for tensor in tensors:
        taken += _checked_bytes(tensor, path)
        if taken > MOST_BYTES:
            raise ModelError(
                f"{path}: its weights take more than {MOST_BYTES >> 20:,} MB, which no build holds"
            )
    for tensor in tensors:
        with asking_onnx(f"{path}: the weights {tensor.name!r} can't be read"):
            load_external_data_for_tensor(tensor, str(path.parent))
        # Some versions of onnx leave the mark, and would look for the file again.
        tensor.ClearField("data_location")
        tensor.ClearField("external_data")


def is_lfs_pointer(path: Path) -> bool:
    """Whether a file is what Git LFS leaves in the place of one that was not fetched."""
    with path.open("rb") as stream:
        return stream.read(len(LFS_POINTER)) == LFS_POINTER


def _entries(tensor: onnx.TensorProto) -> dict[str, str]:
    return {entry.key: entry.value for entry in tensor.external_data}


def _checked_bytes(tensor: onnx.TensorProto, path: Path) -> int:
    """Return how many bytes a tensor takes, all of which are in its file."""
    entries = _entries(tensor)
    location = entries.get("location", "")
    place = f"{path}: the weights {tensor.name!r} are in {location[:200]!r}"
    file = _file(location, path, place)
    offset = _whole_number(entries.get("offset", "0"), f"{place} at the offset")
    needed = _bytes_needed(tensor, path)
    length = _whole_number(entries.get("length", str(needed)), f"{place} with the length")
    if length != needed:
        raise ModelError(f"{place} with {length:,} bytes, and their shape needs {needed:,}; export it again")
    size = file.stat().st_size
    if offset + length > size:
        raise ModelError(
            f"{place}, which is cut short: it has {size:,} bytes, and these end at byte {offset + length:,}; "
            "copy or download it again"
        )
    return needed


def _file(location: str, path: Path, place: str) -> Path:
    if not location or "\0" in location:
        raise ModelError(f"{path} keeps weights in a file that it does not name; export it again")
    folder = path.parent
    file = folder / location
    try:
        inside = file.resolve().is_relative_to(folder.resolve())
        if not inside or os.path.isabs(location):
            raise ModelError(
                f"{place}, which lies outside of the model's folder; put the file itself beside the model"
            )
        if not file.exists():
            raise ModelError(f"{place}, which does not exist; put it beside the model")
        if not file.is_file():
            raise ModelError(f"{place}, which is not a file; put the model's data there")
        if is_lfs_pointer(file):
            raise ModelError(f"{place}, which is a Git LFS pointer instead of the data; run `git lfs pull`")
    except (OSError, RuntimeError) as error:  # names that are too long, links in a circle
        reason = getattr(error, "strerror", None) or "its links run in a circle"
        raise ModelError(f"{place}, which can't be read: {reason}") from None
    return file


def _whole_number(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise ModelError(f"{what} {text[:40]!r}, which is not a whole number of bytes; export it again")
    return int(text)


def _bytes_needed(tensor: onnx.TensorProto, path: Path) -> int:
    with asking_onnx(f"{path}: the weights {tensor.name!r} have no element type that can be read"):
        dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
        kind = onnx.TensorProto.DataType.Name(tensor.data_type)
    if dtype.kind == "O" or min(tensor.dims, default=0) < 0:
        raise ModelError(
            f"{path}: the weights {tensor.name!r} are {kind.lower()} {list(tensor.dims)}, which can't be"
            " read from a file"
        )
    bits: int = math.prod(tensor.dims) * PACKED_BITS.get(kind, 8 * dtype.itemsize)
    return -(-bits // 8)
