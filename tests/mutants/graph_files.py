"""Graphs as text with names, numbers, lines and bytes that are others than they were."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from onnx2luau.compiler.ir.text import print_graph
from onnx2luau.compiler.passes import run_pipeline
from onnx2luau.frontends.onnx import import_model
from tests.golden_kernels import all_kernels

TOKEN = re.compile(r'"[^"\n]*"|%\w+|\$\d+|[A-Za-z_]\w*|-?\d[\w.+-]*|\.\.\.|[^\s\w]')
ODD = (
    *("0", "-1", "1", "2", "7", "65", "100000", "2147483648", "999999999999", "9" * 5000, "1e400", "nan", "-inf", "2.5"),
    *("none", "true", "[]", "[1]", "[2.5]", '""', '"max"', "!f32", "!i64", "!bool", "($0)", "($5)", "(nan)", "%x", "$0"),
    *("f16", "i32", "bool", "f32[2]", "f32[0]", "...", "(", ")", "}", ","),
)  # fmt: skip


def originals() -> list[str]:
    """Return the texts that are changed: graphs before and after the passes."""
    graphs = [import_model(tested.model, name) for name, (tested, _) in all_kernels().items()]
    return [print_graph(each) for graph in graphs for each in (graph, run_pipeline(graph))]


def mutants(seed: int, count: int) -> Iterator[bytes]:
    """Yield `count` files, the same for a seed, each changed in one to three ways."""
    texts = originals()
    for index in range(count):
        chance = random.Random(f"{seed} {index}")
        text = chance.choice(texts)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            text = _changed(text, chance)
        yield text.encode("utf-8", "replace")


def _changed(text: str, chance: random.Random) -> str:
    tokens = list(TOKEN.finditer(text))
    if not tokens or chance.random() < 0.15:
        return _other_lines(text, chance)
    one = chance.choice([each for each in tokens if each[0][0].isalnum() or each[0][0] in '%$"-'] or tokens)
    # Mostly of the same kind, or the grammar would refuse nearly all of them.
    alike = [each[0] for each in tokens if _kind(each[0]) == _kind(one[0])]
    alike += [each for each in ODD if _kind(each) == _kind(one[0])]
    other = chance.choice(alike) if chance.random() < 0.85 else chance.choice(ODD)
    return text[: one.start()] + other + text[one.end() :]


def _kind(token: str) -> str:
    return "number" if token[0].isdigit() or token[0] == "-" else "word" if token[0].isalpha() else token[0]


def _other_lines(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    place = chance.randrange(len(lines))
    match chance.choice(("drop", "double", "swap", "cut", "deep", "byte")):
        case "drop":
            del lines[place]
        case "double":
            lines.insert(place, lines[place])
        case "swap":
            chance.shuffle(lines)
        case "cut":
            return text[: chance.randrange(len(text) + 1)]
        case "deep":
            return text.replace("($0)", "(" + "neg(" * 20_000 + "$0" + ")" * 20_001)
        case _:
            at = chance.randrange(len(text) + 1)
            return text[:at] + chance.choice(("\0", "\xff", "é", "\\")) + text[at:]
    return "\n".join(lines)
