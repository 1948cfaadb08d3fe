"""The stand-in for a Roblox client under Lune, tests/luau/roblox, which the game's own tests rely on."""

from __future__ import annotations

import base64
import re
import struct
import xml.etree.ElementTree as ET
import zlib
from pathlib import Path

import pytest

from onnx2luau.backends.lune.lune import Lune

FOLDER = Path(__file__).parent / "luau" / "stand_in"
NAMES = [
    (path.stem, name)
    for path in sorted(FOLDER.glob("*.luau"))
    for name in re.findall(r"^function checks\.(\w+)", path.read_text("utf-8"), re.MULTILINE)
]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(("file", "name"), NAMES, ids=[f"{file}-{name}" for file, name in NAMES])
def test_check(file: str, name: str, client: Lune) -> None:
    assert client.call(FOLDER / "run.luau", {"file": file, "name": name})


@pytest.fixture(scope="module")
def picture(client: Lune) -> ET.Element:
    return ET.fromstring(client.call(FOLDER / "picture.luau", {}))  # noqa: S314 - written by the stand-in


def png_rows(address: str) -> list[bytes]:
    """Return the rows of a PNG in a data address, once its checksums are right."""
    data = base64.b64decode(address.removeprefix("data:image/png;base64,"), validate=True)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    position, chunks = 8, {}
    while position < len(data):
        (length,) = struct.unpack_from(">I", data, position)
        kind, body = data[position + 4 : position + 8], data[position + 8 : position + 8 + length]
        assert struct.unpack_from(">I", data, position + 8 + length) == (zlib.crc32(kind + body),)
        chunks[kind] = body
        position += 12 + length
    width, height = struct.unpack_from(">II", chunks[b"IHDR"])
    pixels = zlib.decompress(chunks[b"IDAT"])
    stride = width * 4 + 1
    assert len(pixels) == height * stride
    return [pixels[row * stride + 1 : (row + 1) * stride] for row in range(height)]


def test_picture_shows_an_image_by_its_pixels(picture: ET.Element) -> None:
    (image,) = picture.iter(f"{SVG}image")
    assert [image.get(name) for name in ("x", "y", "width", "height")] == ["0", "0", "20", "20"]
    rows = png_rows(image.attrib["href"])
    assert b"".join(rows) == bytes(index * 10 for index in range(16))


def test_picture_shows_boxes_where_they_are(picture: ET.Element) -> None:
    assert (picture.get("width"), picture.get("height")) == ("400", "300")
    (group,) = picture.iter(f"{SVG}g")
    assert group.get("transform") == "translate(0 50)"
    boxes = {box.get("fill"): box for box in group.iter(f"{SVG}rect")}
    panel = boxes["#ff8000"]
    assert [panel.get(name) for name in ("x", "y", "width", "height", "rx", "fill-opacity")] == [
        "30",
        "10",
        "100",
        "50",
        "8",
        "0.75",
    ]
    assert "#00ff00" not in boxes, "what is not visible is not shown"
    (stroke,) = (box for box in group.iter(f"{SVG}rect") if box.get("stroke") == "#0000ff")
    assert [stroke.get(name) for name in ("x", "y", "width", "stroke-width")] == ["29", "9", "102", "2"]


def test_picture_shows_texts(picture: ET.Element) -> None:
    (text,) = picture.iter(f"{SVG}text")
    (span,) = text
    assert span.text == "a < b & c"
    assert span.get("x") == "110"
    assert (text.get("text-anchor"), text.get("fill")) == ("end", "#ff0000")
