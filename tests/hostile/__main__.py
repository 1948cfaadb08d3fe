"""Gives damaged files to the command line: `python -m tests.hostile --count 10000 --seed 1`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.hostile.commands import KINDS
from tests.hostile.pool import Answer, Command, run

EVERY = 200
"""Commands from one line of progress to the next."""


def main() -> int:
    """Run the campaign and return 1 if any command ended in anything but success or a sentence."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the time, otherwise")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--keep", type=Path, default=Path("build/hostile"), help="where the files of faults go"
    )
    parser.add_argument("kinds", nargs="*", default=list(KINDS), help=f"of {', '.join(KINDS)}")
    arguments = parser.parse_args()
    faults: Counter[str] = Counter()
    done = refused = 0
    slowest, most = 0.0, 0
    with tempfile.TemporaryDirectory(prefix="onnx2luau-test-") as scratch:
        commands = _commands(arguments.kinds, arguments.seed, arguments.count, Path(scratch))
        for done, (command, answer) in enumerate(run(commands, arguments.jobs), 1):
            refused += answer.is_refusal
            slowest, most = max(slowest, answer.seconds), max(most, answer.peak)
            if answer.fault:
                faults[f"{command.kind}: {answer.fault}: {_last(answer.words)}"] += 1
                _keep(command, answer, arguments.keep / f"{command.kind}-{arguments.seed}-{done}")
            command.forget()
            if done % EVERY == 0:
                sys.stderr.write(f"{done:,} of {arguments.count:,} files, {faults.total()} faults\n")
    sys.stdout.write(
        f"{done:,} files from seed {arguments.seed}, {refused:,} refused, {faults.total()} faults; "
        f"at most {slowest:.0f} seconds and {most / 1e9:.1f} GB\n"
    )
    for fault, count in faults.most_common():
        sys.stdout.write(f"{count:6} {fault}\n")
    return int(bool(faults))


def _commands(kinds: list[str], seed: int, count: int, scratch: Path) -> Iterator[Command]:
    shares = {kind: KINDS[kind][0] for kind in kinds}
    for kind, share in shares.items():
        folder = scratch / kind
        folder.mkdir()
        yield from KINDS[kind][1](seed, round(count * share / sum(shares.values())), folder)


def _last(words: str) -> str:
    """Return the last line of a trace that tells the exception, so that those of one kind are counted together."""
    lines = [line for line in words.splitlines() if line.strip() and not line.startswith("onnx2luau: ")]
    return lines[-1].strip()[:160] if lines else ""


def _keep(command: Command, answer: Answer, folder: Path) -> None:
    """Copy what a fault needs to be seen again."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / command.file.name
    if command.file.is_dir():
        shutil.copytree(command.file, copy, dirs_exist_ok=True)
    elif command.file.exists():
        shutil.copyfile(command.file, copy)
    (folder / "fault.txt").write_text(
        f"{' '.join(command.arguments)}\n{answer.fault}\n{answer.words}\n", "utf-8"
    )


if __name__ == "__main__":
    sys.exit(main())
