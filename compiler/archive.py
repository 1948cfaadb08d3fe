"""The list of what is in a zip file, read only after a look at how long it is."""

from __future__ import annotations

import struct
import zipfile
from typing import IO

MOST_BYTES = 2**20
"""Of the list, which the library reads as a whole."""
END = b"PK\x05\x06"
END_SIZE = 22
LONGEST_COMMENT = 2**16
LOCATOR = b"PK\x06\x07"
"""Of the second list that archives of more than 4 GB have; it stands before the end and counts instead."""
LOCATOR_SIZE = 20


def members(stream: IO[bytes], size: int) -> list[zipfile.ZipInfo]:
    """Return what a zip file of `size` bytes holds.

    ValueError where it is not one, or lists too much; the library's own exceptions where the list is damaged.
    """
    stream.seek(max(0, size - END_SIZE - LONGEST_COMMENT))
    tail = stream.read()
    place = tail.rfind(END)
    if place < 0 or place + END_SIZE > len(tail):
        raise ValueError("the end of the archive is missing")
    (length,) = struct.unpack_from("<L", tail, place + 12)
    if length > MOST_BYTES or tail[max(0, place - LOCATOR_SIZE) : place].startswith(LOCATOR):
        raise ValueError("the archive lists too much")
    return zipfile.ZipFile(stream).infolist()
