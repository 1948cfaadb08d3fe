"""The memory of a WebAssembly module, whose size is one of its numbers."""

from __future__ import annotations

MAGIC = b"\0asm\1\0\0\0"
MEMORY_SECTION = 5
HAS_MAXIMUM = 1
PAGE = 65536
"""Bytes of a page of WebAssembly's memory."""


def with_memory(module: bytes, size: int) -> bytes:
    """Return the module with a memory of `size` bytes; ValueError if it had none of a fixed size."""
    if not module.startswith(MAGIC):
        raise ValueError("this is no WebAssembly module")
    place = len(MAGIC)
    while place < len(module):
        length, start = _number(module, place + 1)
        if module[place] == MEMORY_SECTION:
            body = _memory(module[start : start + length], size // PAGE)
            section = bytes([MEMORY_SECTION]) + _encoded(len(body)) + body
            return module[:place] + section + module[start + length :]
        place = start + length
    raise ValueError("this WebAssembly module has no memory of its own")


def _memory(body: bytes, pages: int) -> bytes:
    count, place = _number(body, 0)
    if count != 1 or body[place] != HAS_MAXIMUM:
        raise ValueError("the memory of this WebAssembly module has no fixed size")
    return bytes([count, HAS_MAXIMUM]) + _encoded(pages) * 2


def _number(data: bytes, place: int) -> tuple[int, int]:
    """Return an unsigned LEB128 number and the place after it."""
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def _encoded(value: int) -> bytes:
    data = bytearray()
    while value >= 0x80:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*data, value])
