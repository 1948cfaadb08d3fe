"""The one place where names of a model become Luau identifiers."""

from __future__ import annotations

import re

LONGEST = 32
KEYWORDS = """
and break continue do else elseif end export false for function if in local nil not or repeat return then true
type typeof until while
""".split()
# Standard names stay what they are in the generated code.
GLOBALS = """
assert bit32 buffer coroutine debug error game getmetatable ipairs math next os pairs pcall print rawequal
rawget rawlen rawset require script select self setmetatable string table task tonumber tostring unpack utf8
vector warn workspace xpcall
""".split()
RESERVED = frozenset((*KEYWORDS, *GLOBALS))


def identifier(text: str, taken: set[str]) -> str:
    """Return a camelCase identifier made from any text, and add it to `taken` so that it stays unique."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", text) if word]
    stem = "".join(
        word[0].lower() + word[1:] if index == 0 else word[0].upper() + word[1:]
        for index, word in enumerate(words)
    )[:LONGEST]
    if not stem or not stem[0].isalpha():
        stem = f"n{stem}"
    name, number = stem, 1
    while name in taken or name in RESERVED:
        number += 1
        name = f"{stem}{number}" if not stem[-1].isdigit() else f"{stem}_{number}"
    taken.add(name)
    return name
