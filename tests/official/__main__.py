"""Runs ONNX's backend tests: `python -m tests.official [--json FILE] [WORD...]`; words choose tests by name."""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from onnx2luau.backends.lune.lune import Lune
from tests.official.suite import FILES, Official, file_tests, node_modules, node_tests
from tests.official.trial import FAULTS, REFUSED, RESULTS, Outcome, tried

EVERY = 200
"""Tests from one line of progress to the next."""
LONGEST = 200
"""Characters of a reason."""
MOST_REASONS = 30


def main() -> int:
    """Run the tests, write what came of each, and return 1 if any of them is wrong, dead or a traceback."""
    parser = argparse.ArgumentParser(prog="python -m tests.official", description=__doc__)
    parser.add_argument("--json", type=Path, default=Path("build/official.json"), metavar="FILE")
    parser.add_argument("words", nargs="*", help="run only tests that have one of these in their name")
    arguments = parser.parse_args()
    outcomes = list(run(all_tests(), arguments.words))
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps([asdict(each) for each in outcomes], indent=1) + "\n", "utf-8")
    sys.stdout.write(f"{table(outcomes)}\n{reasons(outcomes)}\nall of it: {arguments.json}\n")
    return int(any(each.result in FAULTS for each in outcomes))


def all_tests() -> Iterator[Official]:
    """Yield the suite's tests but those whose models have to be downloaded."""
    return chain(node_tests(node_modules()), *(file_tests(kind) for kind in FILES))


def run(tests: Iterator[Official], words: Sequence[str]) -> Iterator[Outcome]:
    """Yield what comes of each test, in one Lune process."""
    with Lune("client") as lune, tempfile.TemporaryDirectory(prefix="onnx2luau-test-") as folder:
        chosen = (test for test in tests if not words or any(word in test.name for word in words))
        for number, test in enumerate(chosen, 1):
            yield tried(test, lune, Path(folder))
            if number % EVERY == 0:
                sys.stderr.write(f"{number:,} tests\n")


def table(outcomes: Sequence[Outcome]) -> str:
    """Return how many tests of each kind came to what."""
    rows = [("kind", "tests", *RESULTS)]
    kinds = list(dict.fromkeys(each.kind for each in outcomes))
    for kind in [*kinds, ""]:
        own = [each.result for each in outcomes if kind in ("", each.kind)]
        rows.append((kind or "all", str(len(own)), *(str(own.count(result)) for result in RESULTS)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )


def reasons(outcomes: Sequence[Outcome]) -> str:
    """Return each fault by itself, and how many tests were refused for what."""
    lines = [
        f"{each.result}: {each.name}: {' '.join(each.reason.split())[:LONGEST]}"
        for each in outcomes
        if each.result in FAULTS
    ]
    refused = Counter(_kind(each) for each in outcomes if each.result == REFUSED).most_common()
    lines += [f"refused {count:5}: {reason}" for reason, count in refused[:MOST_REASONS]]
    rest = refused[MOST_REASONS:]
    return "\n".join([*lines, f"refused {sum(count for _, count in rest):5}: {len(rest)} other reasons"])


def _kind(refused: Outcome) -> str:
    """Return a refusal without names, so that those of one kind are counted together."""
    reason = refused.reason.partition(" of domain")[0]
    return re.sub(
        r"(input|weights|node that makes|output) ('[^']*'|\"[^\"]*\")", r"\1 ...", reason
    ).removeprefix(f"{refused.name}: ")[:LONGEST]


if __name__ == "__main__":
    sys.exit(main())
