"""How text and numbers of any content become harmless Luau."""

from __future__ import annotations

import math
import re
import textwrap

COMMENT_WIDTH = 110
LONGEST_COMMENT = 440
BASE64_WIDTH = 3996


def string_literal(text: str) -> str:
    """Return a double-quoted literal of printable ASCII; everything else, and the quote, is a byte escape."""
    parts = []
    for byte in text.encode("utf-8", "surrogatepass"):
        if byte == ord("\\"):
            parts.append("\\\\")
        elif 32 <= byte < 127 and byte != ord('"'):
            parts.append(chr(byte))
        else:
            # Three digits always, so that a digit after it is not taken for a part of it.
            parts.append({10: "\\n", 13: "\\r", 9: "\\t"}.get(byte, f"\\{byte:03d}"))
    return '"' + "".join(parts) + '"'


def base64_literal(text: str) -> list[str]:
    """Return the lines of a literal whose line breaks an escape swallows."""
    rows = [text[start : start + BASE64_WIDTH] for start in range(0, len(text), BASE64_WIDTH)] or [""]
    rows[0] = '"' + rows[0]
    rows[-1] += '"'
    return [row + "\\z" for row in rows[:-1]] + rows[-1:]


def comment_lines(text: str, width: int = COMMENT_WIDTH) -> list[str]:
    """Return comment lines of printable ASCII; text that is too long ends in dots."""
    plain = (
        re.sub(r"[\x00-\x1f\x7f\s]+", " ", text).encode("ascii", "backslashreplace").decode("ascii").strip()
    )
    if len(plain) > LONGEST_COMMENT:
        plain = plain[: LONGEST_COMMENT - 3] + "..."
    # The space after the dashes keeps `[[` from opening a long comment and `!` from being a directive.
    return [f"-- {line}" for line in textwrap.wrap(plain, width, break_on_hyphens=False)] or ["--"]


def number_literal(value: float) -> str:
    """Return the shortest text that reads back as the same double."""
    if math.isnan(value):
        return "0 / 0"
    if math.isinf(value):
        return "math.huge" if value > 0 else "-math.huge"
    if float(value).is_integer() and abs(value) < 2**53 and not (value == 0 and math.copysign(1, value) < 0):
        return str(int(value))
    return repr(float(value))
