"""Reads .npy and .npz files from anywhere: what an array takes is known, and bounded, before it is read."""

from __future__ import annotations

import io
import math
import stat
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from onnx2luau.compiler import archive
from onnx2luau.compiler.errors import UsageError
from onnx2luau.compiler.ir.types import Array

MOST_BYTES = 2**30
"""Of a file, and of each array in it once it is unpacked."""
MOST_EXTENT = 2**40
MOST_AXES = 32
LONGEST_HEADER = 2**16
"""Bytes; numpy writes some hundred."""
NUMBERS = "fiub"
"""The kinds of numpy's types that are numbers: floats, integers with and without a sign, truth values."""
ZIP = b"PK"
ENCRYPTED = 1
ENDING = ".npy"


@dataclass(frozen=True)
class Header:
    """What an array's header says of it."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    is_fortran: bool

    @property
    def bytes(self) -> int:
        """What its numbers take."""
        return math.prod(self.shape) * self.dtype.itemsize


class ArrayFile:
    """An open .npy or .npz; nothing in it is executed. UsageError names the file, and the array at fault."""

    def __init__(self, path: Path, stream: IO[bytes], size: int) -> None:
        """Take a file that was opened, of so many bytes."""
        self._path, self._stream, self._size = path, stream, size
        self._members: dict[str, zipfile.ZipInfo] | None = None
        with self._guarded():
            start = stream.read(len(np.lib.format.MAGIC_PREFIX))
        if start.startswith(ZIP):
            self._members = self._read_members()
        elif start != np.lib.format.MAGIC_PREFIX:
            raise self._broken()

    @property
    def names(self) -> Sequence[str]:
        """The names of an .npz's arrays; the one array of an .npy has the empty name."""
        return [""] if self._members is None else list(self._members)

    def header(self, name: str) -> Header:
        """Read what the header says. UsageError where it does not fit the file, or asks for too much."""
        with self._opened(name) as (stream, size):
            return self._header(name, stream, size)[0]

    def read(self, name: str) -> Array:
        """Read an array."""
        with self._opened(name) as (stream, size):
            header, data = self._header(name, stream, size)
            with self._guarded(name):
                data += stream.read(header.bytes - len(data))
            if len(data) != header.bytes:
                raise self._broken(name)
            array = np.frombuffer(data, header.dtype)
            return array.reshape(header.shape, order="F" if header.is_fortran else "C")

    @contextmanager
    def _opened(self, name: str) -> Iterator[tuple[IO[bytes], int]]:
        """Yield an array's own stream, and how many bytes it has by what the archive says."""
        if self._members is None:
            self._stream.seek(0)
            yield self._stream, self._size
            return
        member = self._members[name]
        if member.flag_bits & ENCRYPTED:
            raise UsageError(f"{self._path}: {self._called(name)} is encrypted; save it with numpy.savez")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UsageError(
                f"{self._path}: {self._called(name)} is packed in a way that numpy does not use; "
                "save it with numpy.savez"
            )
        with self._guarded(name):
            stream = zipfile.ZipFile(self._stream).open(member)  # noqa: SIM115 - closed below, unguarded
        with stream:
            yield stream, member.file_size

    def _header(self, name: str, stream: IO[bytes], size: int) -> tuple[Header, bytes]:
        """Return an array's header, and what was read of the numbers behind it."""
        with self._guarded(name), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            start = io.BytesIO(stream.read(LONGEST_HEADER))
            # The third form differs in the names of fields only, and records are not numbers.
            first = np.lib.format.read_magic(start) == (1, 0)
            read = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
            shape, is_fortran, dtype = read(start)
            length, rest = start.tell(), start.read()
        if dtype.kind not in NUMBERS:
            raise UsageError(f"{self._path}: {self._called(name)} holds {_kind(dtype)}, not numbers")
        if len(shape) > MOST_AXES or not all(0 <= extent < MOST_EXTENT for extent in shape):
            raise self._broken(name)
        header = Header(dtype, tuple(int(extent) for extent in shape), bool(is_fortran))
        if header.bytes > MOST_BYTES:
            raise UsageError(
                f"{self._path}: {self._called(name)} takes {header.bytes:,} bytes, and at most "
                f"{MOST_BYTES:,} are read; give fewer samples"
            )
        if length + header.bytes != size:
            raise self._broken(name)
        return header, rest

    def _read_members(self) -> dict[str, zipfile.ZipInfo]:
        with self._guarded():
            members = archive.members(self._stream, self._size)
        names = [member.filename.removesuffix(ENDING) for member in members]
        if not names:
            raise UsageError(f"{self._path} holds no arrays; save them with numpy.savez")
        if len(set(names)) < len(names):
            raise UsageError(f"{self._path} holds two arrays of one name; save them with numpy.savez")
        return dict(zip(names, members, strict=True))

    @contextmanager
    def _guarded(self, name: str = "") -> Iterator[None]:
        """Around calls of numpy and zipfile, which raise exceptions of ten modules on damaged files."""
        try:
            yield
        except Exception as error:
            raise self._broken(name) from error

    def _broken(self, name: str = "") -> UsageError:
        where = f"; {self._called(name)} is damaged" if name else ""
        return UsageError(f"{self._path} is not a whole .npz or .npy file of numbers{where}")

    @staticmethod
    def _called(name: str) -> str:
        return f"the array {name!r}" if name else "its array"


@contextmanager
def open_arrays(path: Path) -> Iterator[ArrayFile]:
    """Open a regular file of at most MOST_BYTES; devices, pipes and folders are refused unopened."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise UsageError(f"{path} is {what}; give an .npz or .npy file")
        if status.st_size > MOST_BYTES:
            raise UsageError(
                f"{path} has {status.st_size:,} bytes, and at most {MOST_BYTES:,} are read; "
                "give fewer samples"
            )
        stream = path.open("rb")
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a name of a file"
        raise UsageError(f"{path} can't be read: {reason}") from None
    with stream:
        yield ArrayFile(path, stream, status.st_size)


def _kind(dtype: np.dtype[Any]) -> str:
    kinds = {"O": "Python objects", "c": "complex numbers", "S": "text", "U": "text", "V": "records"}
    return kinds.get(dtype.kind, str(dtype))
